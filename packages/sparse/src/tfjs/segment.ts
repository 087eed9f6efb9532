import { backend, type KernelBackend, type Tensor, type TensorInfo, tensor } from '@tensorflow/tfjs-core';
import { denseKernel } from '../choose.js';
import type { Graph } from '../graph/graph.js';
import { type Shape, sizeOf } from '../graph/shape.js';
import { type Heap, ownHeap } from '../program/heap.js';
import type { LoweringOptions } from '../program/lowered-program.js';
import { compileProgram, type Program } from '../program/program.js';
import { SparseError } from '../sparse-error.js';
import { runAsKernel } from './run-as-kernel.js';
import { hasReachableHeap, type WasmBackend, wasmHeap } from './wasm-heap.js';

/** How many programs of one segment are kept: one for each combination of input shapes. */
const keptPrograms = 4;

/** The programs for inputs of certain shapes, in one memory. */
interface Compiled {
  readonly heap: Heap;
  /** With kernels that skip zeros; none if values could overflow whatever the inputs are. */
  readonly sparse: Program | undefined;
  /** With dense kernels alone, made when a value isn't finite. */
  dense: Program | undefined;
}

/** A part of a model that our kernels run. */
export class Segment {
  readonly #graph: Graph;
  readonly #options: LoweringOptions;
  /** The last used one is the last. */
  readonly #programs = new Map<string, Compiled>();
  #backend: KernelBackend | undefined;
  #isDisposed = false;

  constructor(graph: Graph, options: LoweringOptions) {
    this.#graph = graph;
    this.#options = options;
  }

  /** The bytes of memory that its programs hold. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const { sparse, dense } of this.#programs.values()) {
      bytes += (sparse?.memoryBytes ?? 0) + (dense?.memoryBytes ?? 0);
    }
    return bytes;
  }

  /** Computes the outputs, which belong to the caller. Reads inputs that aren't in reach of our kernels synchronously. */
  run(inputs: readonly Tensor[]): Tensor[] {
    if (this.#isDisposed) throw new SparseError('the model has been disposed');
    const active = backend();
    if (hasReachableHeap(active)) {
      this.#keepFor(active);
      return runAsKernel(inputs, (infos, wasm) => this.#runInHeap(infos, wasm as WasmBackend));
    }
    return this.#runOnCopies(
      inputs,
      inputs.map((input) => input.dataSync<'float32'>()),
    );
  }

  /** The same, waiting for inputs that aren't in reach: without stalling a GPU. */
  async runAsync(inputs: readonly Tensor[]): Promise<Tensor[]> {
    if (hasReachableHeap(backend())) return this.run(inputs);
    const values = await Promise.all(inputs.map((input) => input.data<'float32'>()));
    if (this.#isDisposed) throw new SparseError('the model has been disposed');
    return this.#runOnCopies(inputs, values);
  }

  /** Frees all memory. */
  dispose(): void {
    this.#isDisposed = true;
    this.#forget();
  }

  /** Frees its programs; they are compiled anew when it runs. */
  reset(): void {
    this.#forget();
  }

  #runInHeap(infos: readonly TensorInfo[], wasm: WasmBackend): TensorInfo[] {
    const shapes = infos.map(({ shape }) => shape);
    const compiled = this.#compiledFor(shapes, () => wasmHeap(wasm));
    const outputs = this.#outputShapes(compiled, shapes).map((shape) =>
      wasm.makeOutput([...shape], 'float32'),
    );
    const addresses = [...infos, ...outputs].map(
      ({ dataId }) => wasm.dataIdMap.get(dataId)?.memoryOffset ?? 0,
    );
    this.#execute(compiled, shapes, addresses);
    return outputs;
  }

  #runOnCopies(inputs: readonly Tensor[], values: readonly Float32Array[]): Tensor[] {
    const active = backend();
    this.#keepFor(active);
    const shapes = inputs.map(({ shape }) => shape);
    const compiled = this.#compiledFor(shapes, ownHeap);
    const { heap } = compiled;
    const outputShapes = this.#outputShapes(compiled, shapes);
    const addresses = [...shapes, ...outputShapes].map((shape) => heap.allocate(4 * sizeOf(shape)));
    values.forEach((data, index) => {
      new Float32Array(heap.memory.buffer).set(data, (addresses[index] ?? 0) / 4);
    });
    this.#execute(compiled, shapes, addresses);
    const outputs = outputShapes.map((shape, index) => {
      const at = addresses[shapes.length + index] ?? 0;
      return tensor(new Float32Array(heap.memory.buffer, at, sizeOf(shape)).slice(), [...shape], 'float32');
    });
    for (const address of addresses) heap.free(address);
    return outputs;
  }

  #execute(compiled: Compiled, shapes: readonly Shape[], addresses: readonly number[]): void {
    if (compiled.sparse?.run(addresses) === true) return;
    compiled.dense ??= this.#compileDense(shapes, compiled.heap);
    compiled.dense.run(addresses);
  }

  #compiledFor(shapes: readonly Shape[], newHeap: () => Heap): Compiled {
    const key = shapes.join(';');
    const known = this.#programs.get(key);
    if (known !== undefined) {
      this.#programs.delete(key);
      this.#programs.set(key, known);
      return known;
    }
    const [oldest] = this.#programs.keys();
    if (oldest !== undefined && this.#programs.size >= keptPrograms) this.#drop(oldest);
    const heap = newHeap();
    const sparse = compileProgram(this.#graph, shapes, { ...this.#options, heap });
    const compiled: Compiled = { heap, sparse, dense: undefined };
    this.#programs.set(key, compiled);
    return compiled;
  }

  #compileDense(shapes: readonly Shape[], heap: Heap): Program {
    const dense = compileProgram(this.#graph, shapes, { choose: denseKernel, heap });
    if (dense === undefined) throw new SparseError('a dense program needs no finite values');
    return dense;
  }

  #outputShapes(compiled: Compiled, shapes: readonly Shape[]): readonly Shape[] {
    compiled.dense ??= compiled.sparse === undefined ? this.#compileDense(shapes, compiled.heap) : undefined;
    return (compiled.sparse ?? compiled.dense)?.outputShapes ?? [];
  }

  /** Programs are in the memory of one backend. */
  #keepFor(active: KernelBackend): void {
    if (this.#backend === active) return;
    this.#forget();
    this.#backend = active;
  }

  #forget(): void {
    for (const key of [...this.#programs.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    const compiled = this.#programs.get(key);
    this.#programs.delete(key);
    compiled?.sparse?.dispose();
    compiled?.dense?.dispose();
  }
}
