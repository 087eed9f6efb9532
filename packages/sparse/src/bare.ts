import { readHeader } from './bare/bare-header.js';
import { startSecondThread } from './bare/second-thread.js';
import { type Shape, sizeOf } from './graph/shape.js';
import { SparseError } from './sparse-error.js';

export type { Shape } from './graph/shape.js';
export { SparseError, type SparseErrorDetails } from './sparse-error.js';

/** A model that runs without TensorFlow.js. */
export interface BareModel {
  /** Of the input, with the batch. */
  readonly inputShape: Shape;
  /** Of the output, with the batch. */
  readonly outputShape: Shape;
  /**
   * Computes the output. Several calls can't overlap: each is done when it returns.
   *
   * @param input the elements of the input, the last axis fastest.
   * @param output where to put the elements of the output; a new array by default.
   * @returns `output`.
   * @throws SparseError when a length is wrong, when a value of the input isn't finite or its magnitude is over 1e10, or
   * after `dispose()`.
   */
  run(input: Float32Array, output?: Float32Array): Float32Array;
  /** Ends the second thread, if there is one. The model can't run any more. */
  dispose(): void;
}

/**
 * Loads what `toBare` wrote. The file is a WebAssembly program without access to anything outside of its memory; like any
 * program it could run for ever, so load files whose maker you know.
 *
 * @throws SparseError when it isn't a bare model, or was made for two threads and there is no shared memory.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { toBare } from '@secateur/sparse';
 * import { loadBare } from '@secateur/sparse/bare';
 *
 * const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3], kernelInitializer: 'ones' })] });
 * const file = await toBare(model);
 *
 * const bare = await loadBare(file);
 * console.log(bare.run(Float32Array.of(1, 2, 3))); // Float32Array(2) [ 6, 6 ]
 * ```
 */
export async function loadBare(file: BufferSource): Promise<BareModel> {
  const module = await compile(file);
  const { input, output, threads, pages } = readHeader(module);
  if (threads === 2 && typeof SharedArrayBuffer !== 'function') {
    throw new SparseError(
      'this bare model is made for two threads, which need SharedArrayBuffer: in a page, cross-origin isolation',
      {
        option: 'threads',
        value: threads,
      },
    );
  }
  const shared = threads === 2 ? sharedMemory(pages) : undefined;
  const { run, serve, memory = shared } = await instantiate(module, shared);
  const isWhole =
    typeof run === 'function' && (shared === undefined || (memory === shared && typeof serve === 'function'));
  if (!isWhole || memory === undefined || memory.buffer.byteLength < pages * 65_536) {
    throw new SparseError("a damaged bare model: it doesn't export what it should");
  }
  const second = shared && (await startSecondThread(module, shared));
  const inputValues = new Float32Array(memory.buffer, input.address, sizeOf(input.shape));
  const outputValues = new Float32Array(memory.buffer, output.address, sizeOf(output.shape));
  let isDisposed = false;
  return {
    inputShape: input.shape,
    outputShape: output.shape,
    run(values, result = new Float32Array(outputValues.length)) {
      if (isDisposed) throw new SparseError('the model has been disposed');
      checkLength('input', values, inputValues.length);
      checkLength('output', result, outputValues.length);
      inputValues.set(values);
      if (run() !== 0) {
        throw new SparseError('the input, or what follows from it, is not finite or over 1e10', {
          option: 'input',
        });
      }
      result.set(outputValues);
      return result;
    },
    dispose() {
      isDisposed = true;
      second?.stop();
    },
  };
}

async function compile(file: BufferSource): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(file);
  } catch (error) {
    throw new SparseError(`not a bare model: ${(error as Error).message}`);
  }
}

function sharedMemory(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    throw new SparseError(`there is no memory for this bare model: ${(error as Error).message}`);
  }
}

interface BareExports {
  readonly run?: () => number;
  readonly serve?: () => void;
  readonly memory?: WebAssembly.Memory;
}

async function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory | undefined,
): Promise<BareExports> {
  try {
    return (await WebAssembly.instantiate(module, memory ? { env: { memory } } : {})).exports;
  } catch (error) {
    throw new SparseError(`a damaged bare model: ${(error as Error).message}`);
  }
}

function checkLength(option: string, values: unknown, length: number): void {
  if (values instanceof Float32Array && values.length === length) return;
  const got = values instanceof Float32Array ? `one of ${values.length}` : typeof values;
  throw new SparseError(`${option} must be a Float32Array of ${length} elements, but is ${got}`, {
    option,
    value: values,
  });
}
