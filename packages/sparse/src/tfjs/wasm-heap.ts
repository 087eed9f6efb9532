import type { KernelBackend } from '@tensorflow/tfjs-core';
import type { Heap } from '../program/heap.js';
import { SparseError } from '../sparse-error.js';

/** What we use of tfjs's wasm backend: some of it is undocumented, so it is looked at before it is believed. */
export interface WasmBackend extends KernelBackend {
  readonly wasm: EmscriptenModule;
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number | null } | undefined };
  makeOutput(
    shape: number[],
    dtype: 'float32',
  ): { readonly dataId: object; readonly shape: number[]; readonly dtype: 'float32' };
}

interface EmscriptenModule {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  /** Of the threaded build. */
  readonly wasmMemory?: unknown;
  /** Of the other builds. */
  readonly asm?: { readonly memory?: unknown };
}

/** Whether a backend is tfjs's wasm backend, with its memory in reach. */
export function hasReachableHeap(backend: KernelBackend): backend is WasmBackend {
  const { wasm, dataIdMap, makeOutput } = backend as Partial<WasmBackend>;
  return (
    typeof makeOutput === 'function' &&
    typeof dataIdMap?.get === 'function' &&
    typeof wasm?._malloc === 'function' &&
    typeof wasm._free === 'function' &&
    memoryOf(wasm) !== undefined
  );
}

/** The heap of tfjs's wasm backend. The memory grows when tfjs needs more, never by us. */
export function wasmHeap(backend: WasmBackend): Heap {
  const { wasm } = backend;
  const memory = memoryOf(wasm);
  if (memory === undefined) throw new SparseError("the memory of tfjs's wasm backend is out of reach");
  const raws = new Map<number, number>();
  return {
    memory,
    allocate(bytes) {
      const raw = wasm._malloc(bytes + 64) >>> 0;
      if (raw === 0) throw new SparseError(`the heap of tfjs's wasm backend has no ${bytes} bytes left`);
      const address = Math.ceil(raw / 64) * 64;
      raws.set(address, raw);
      return address;
    },
    free(address) {
      const raw = raws.get(address);
      // After the backend has been disposed, its memory is gone.
      if (raw !== undefined && backend.wasm !== null) wasm._free(raw);
      raws.delete(address);
    },
  };
}

/** The memory of an Emscripten module, if it is where we think it is. */
function memoryOf(wasm: EmscriptenModule): WebAssembly.Memory | undefined {
  const memory = wasm.wasmMemory ?? wasm.asm?.memory;
  return memory instanceof WebAssembly.Memory && memory.buffer === wasm.HEAPU8.buffer ? memory : undefined;
}
