import { ModuleBuilder } from '@secateur/wasm-emit';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../shape.js';
import { WasmTrainError } from '../wasm-train-error.js';
import type { EmittedKernel } from './emitted-kernel.js';

/** The memory of the wasm backend, and kernels of our own that work inside it. */
export interface Heap {
  /** The kernel, assembled on the backend's memory. */
  kernel<Call extends (...parameters: number[]) => void>(kernel: EmittedKernel<Call>): Call;
  /** Where the values of a tensor are. */
  address(x: TensorInfo): number;
  /** Memory for the time that `body` runs, at a multiple of 16 bytes. Its content is undefined. */
  scratch<T>(bytes: number, body: (address: number) => T): T;
  /** A view of integers, valid until something is allocated. */
  integers(address: number, count: number): Int32Array;
  /** A view of floats, valid until something is allocated. */
  floats(address: number, count: number): Float32Array;
  /** Sets the values of a tensor to zero. */
  clear(x: TensorInfo): void;
}

/** What we use of the backend's Emscripten module; most of it is undocumented. */
interface Emscripten {
  readonly HEAPU8?: Uint8Array;
  readonly _malloc?: (bytes: number) => number;
  readonly _free?: (address: number) => void;
  /** The memory in the threaded build. */
  readonly wasmMemory?: unknown;
  /** The exports, with the memory in the other builds. */
  readonly asm?: { readonly memory?: unknown };
}

const heaps = new WeakMap<object, EmittedHeap>();

/**
 * The heap of a backend, or `undefined` where kernels can't work inside it: another build of tfjs keeps its memory
 * elsewhere, or the engine has no SIMD.
 */
export function heapOf(backend: BackendWasm): Heap | undefined {
  const memory = memoryOf(backend.wasm as unknown as Emscripten);
  if (memory === undefined) return undefined;
  const known = heaps.get(memory);
  if (known !== undefined) return known;
  if (!canRun(memory)) return undefined;
  const heap = new EmittedHeap(backend, memory);
  heaps.set(memory, heap);
  return heap;
}

function memoryOf({ HEAPU8, _malloc, _free, wasmMemory, asm }: Emscripten): WebAssembly.Memory | undefined {
  const memory = wasmMemory ?? asm?.memory;
  const isKnown =
    memory instanceof WebAssembly.Memory &&
    memory.buffer === HEAPU8?.buffer &&
    typeof _malloc === 'function' &&
    typeof _free === 'function';
  return isKnown ? memory : undefined;
}

const isShared = ({ buffer }: WebAssembly.Memory): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;

/** Whether the engine takes a module with vectors on this memory. */
function canRun(memory: WebAssembly.Memory): boolean {
  try {
    const builder = new ModuleBuilder();
    builder.exported('run', { params: [], results: [] }).v128Zero().op('drop');
    instantiate(builder, memory);
    return true;
  } catch {
    return false;
  }
}

/** Modules are of one function, so small that browsers compile them at once on any thread. */
function instantiate(builder: ModuleBuilder, memory: WebAssembly.Memory): WebAssembly.Exports {
  const module = new WebAssembly.Module(builder.build({ shared: isShared(memory) }));
  return new WebAssembly.Instance(module, { env: { memory } }).exports;
}

class EmittedHeap implements Heap {
  readonly #backend: BackendWasm;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels = new Map<object, (...parameters: number[]) => void>();

  constructor(backend: BackendWasm, memory: WebAssembly.Memory) {
    this.#backend = backend;
    this.#memory = memory;
  }

  kernel<Call extends (...parameters: number[]) => void>(kernel: EmittedKernel<Call>): Call {
    const known = this.#kernels.get(kernel);
    if (known !== undefined) return known as Call;
    const builder = new ModuleBuilder();
    const params = Array.from({ length: kernel.parameters }, () => 'i32' as const);
    kernel.write(builder.exported('run', { params, results: [] }));
    const { run } = instantiate(builder, this.#memory) as { run: Call };
    this.#kernels.set(kernel, run);
    return run;
  }

  address({ dataId }: TensorInfo): number {
    return this.#backend.dataIdMap.get(dataId).memoryOffset;
  }

  scratch<T>(bytes: number, body: (address: number) => T): T {
    const { _malloc: allocate, _free: free } = this.#backend.wasm as unknown as Required<Emscripten>;
    const allocated = allocate(bytes + 16) >>> 0;
    if (allocated === 0) {
      throw new WasmTrainError(`the heap of the wasm backend has no ${bytes} bytes left`, {
        option: 'bytes',
        value: bytes,
      });
    }
    try {
      return body(Math.ceil(allocated / 16) * 16);
    } finally {
      free(allocated);
    }
  }

  integers(address: number, count: number): Int32Array {
    return new Int32Array(this.#memory.buffer, address, count);
  }

  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.#memory.buffer, address, count);
  }

  clear(x: TensorInfo): void {
    new Uint8Array(this.#memory.buffer, this.address(x), 4 * sizeOf(x.shape)).fill(0);
  }
}
