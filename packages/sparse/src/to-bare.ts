import { writeBare } from './bare/write-bare.js';
import type { Shape } from './graph/shape.js';
import { importModel, type TfjsModel } from './import/import-model.js';
import type { ImportedInput, ImportedModel } from './import/imported-model.js';
import { optimize } from './passes/optimize.js';
import { segment } from './passes/segments.js';
import { SparseError } from './sparse-error.js';

/** How a bare model is made. */
export interface BareOptions {
  /** Of the input, with the batch: `[1, 224, 224, 3]`. Default: the model's, with 1 for the batch; needed for other open sizes. */
  readonly inputShape?: Shape;
  /** How many threads run it: 2 need shared memory where it is loaded. Default 1. */
  readonly threads?: 1 | 2;
}

/**
 * Writes a model as one WebAssembly program that runs without TensorFlow.js: `loadBare` of `@secateur/sparse/bare` loads it,
 * and so can any WebAssembly runtime with SIMD. Its input has one shape, its weights are kept as sparse as they are.
 *
 * @param model a LayersModel or GraphModel with one input and one output, all of whose layers our kernels know.
 * @returns the file.
 * @throws SparseError for other models, naming the layers, and for options that can't be.
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { toBare } from '@secateur/sparse';
 *
 * const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
 * const file = await toBare(model, { inputShape: [8, 3] }); // eight examples at a time
 * await writeFile('model.wasm', file);
 * console.log(WebAssembly.validate(file)); // true
 * ```
 */
export async function toBare(model: TfjsModel, options: BareOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { threads = 1 } = options;
  if (threads !== 1 && threads !== 2) {
    throw new SparseError(`threads must be 1 or 2, but is ${String(threads)}`, {
      option: 'threads',
      value: threads,
    });
  }
  const imported = optimize(await importModel(model));
  const [input] = imported.inputs;
  if (input === undefined || imported.inputs.length > 1 || imported.outputs.length !== 1) {
    throw new SparseError(
      `a bare model has one input and one output, but this model has ${imported.inputs.length} and ${imported.outputs.length}`,
      { option: 'model' },
    );
  }
  checkNative(imported);
  const [stage] = segment(imported);
  if (stage?.kind !== 'native') throw new SparseError('the model computes nothing', { option: 'model' });
  return writeBare(stage.graph, shapeOf(input, options.inputShape), threads);
}

function checkNative({ layers }: ImportedModel): void {
  const others = layers.flatMap(({ name, className, fate }) =>
    fate.kind === 'tfjs' ? [`'${name}' (${className}): ${fate.reason}`] : [],
  );
  if (others.length === 0) return;
  throw new SparseError(`a bare model can't have layers that tfjs runs: ${others.join('; ')}`, {
    option: 'model',
    value: others,
  });
}

function shapeOf({ name, shape }: ImportedInput, given: Shape | undefined): Shape {
  const wanted = given ?? shape.map((size, axis) => (axis === 0 ? (size ?? 1) : size));
  const isKnown = wanted.every((size) => size !== null && Number.isInteger(size) && size > 0);
  const fits =
    wanted.length === shape.length && shape.every((size, axis) => size === null || size === wanted[axis]);
  if (isKnown && fits) return wanted as Shape;
  throw new SparseError(
    `inputShape must give a size for each axis of input '${name}', [${shape.map((size) => size ?? 'any')}], but is [${wanted.map((size) => size ?? 'open')}]`,
    { option: 'inputShape', value: given },
  );
}
