import type { Graph } from '../graph/graph.js';
import type { Shape } from '../graph/shape.js';
import { ruleOf } from '../operations/rules.js';
import { placeScans } from './finite-guard.js';
import type { Heap } from './heap.js';
import { type LoweringOptions, lowerProgram } from './lowered-program.js';
import { blockBytes, constantsAt, writeProgram } from './write-program.js';

/** How a program is compiled. */
export interface CompileOptions extends LoweringOptions {
  readonly heap: Heap;
}

type Run = (...addresses: number[]) => number;

/** A graph, compiled for inputs of certain shapes. */
export class Program {
  /** Of the graph's outputs, in order. */
  readonly outputShapes: readonly Shape[];
  /** Of the machine code's binary. */
  readonly codeBytes: number;
  /** In the heap: weights, and what is between steps. */
  readonly memoryBytes: number;
  readonly #run: Run;
  readonly #free: () => void;

  constructor(
    run: Run,
    free: () => void,
    { outputShapes, codeBytes, memoryBytes }: Pick<Program, 'outputShapes' | 'codeBytes' | 'memoryBytes'>,
  ) {
    this.#run = run;
    this.#free = free;
    this.outputShapes = outputShapes;
    this.codeBytes = codeBytes;
    this.memoryBytes = memoryBytes;
  }

  /**
   * Computes the outputs from the inputs, which are at addresses in the heap's memory.
   *
   * @returns whether it did: false when a value isn't finite, or so large that a later one may not be.
   */
  run(addresses: readonly number[]): boolean {
    return this.#run(...addresses) === 0;
  }

  /** Frees its memory. It can't run any more. */
  dispose(): void {
    this.#free();
  }
}

/**
 * Compiles a graph for inputs of certain shapes. `undefined` when a kernel skips zeros and the weights are so large that a
 * value could overflow whatever the inputs are.
 *
 * @throws SparseError when the inputs don't fit.
 */
export function compileProgram(
  graph: Graph,
  inputShapes: readonly Shape[],
  options: CompileOptions,
): Program | undefined {
  const { heap } = options;
  let skipsZeros = false;
  const lowered = lowerProgram(graph, inputShapes, {
    ...options,
    onChoice(node, problem, kernel) {
      if (kernel.name !== 'dense') skipsZeros = true;
      options.onChoice?.(node, problem, kernel);
    },
  });
  const scans = skipsZeros
    ? placeScans(graph, (operation, bounds) => ruleOf(operation).bound(operation, bounds))
    : new Map<number, readonly number[]>();
  if (scans === undefined) return undefined;
  const memoryBytes = blockBytes(lowered, 1);
  const base = heap.allocate(memoryBytes);
  try {
    const place = { base, lanes: 1 } as const;
    writeProgram(graph, lowered, { ...place, scans });
    const at = constantsAt(place);
    const bytes = new Uint8Array(heap.memory.buffer);
    for (const { offset, data } of lowered.constants) {
      bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at + offset);
    }
    const shared = typeof SharedArrayBuffer === 'function' && heap.memory.buffer instanceof SharedArrayBuffer;
    const code = lowered.module.build({ shared });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), {
      env: { memory: heap.memory },
    });
    return new Program(exports.run as Run, () => heap.free(base), {
      outputShapes: graph.outputs.map((id) => lowered.operands.get(id)?.shape ?? []),
      codeBytes: code.length,
      memoryBytes,
    });
  } catch (error) {
    heap.free(base);
    throw error;
  }
}
