import { Choices } from './choices.js';
import { importModel, type TfjsModel } from './import/import-model.js';
import type { LayersModelLike } from './import/layers-model.js';
import { optimize } from './passes/optimize.js';
import { segment } from './passes/segments.js';
import { SparseError } from './sparse-error.js';
import { type ModelOutputs, SparseModel } from './sparse-model.js';
import { Segment } from './tfjs/segment.js';
import type { Tuning } from './tune.js';

/** How a model is made sparse. */
export interface SparsifyOptions {
  /**
   * Whether to measure which kernel is the fastest for each layer instead of asking the cost model: some tenths of a second
   * a layer. Or what an earlier measurement gave, `SparseModel.tuning`. Default false.
   */
  readonly tune?: boolean | Tuning;
}

/**
 * Makes a model that gives the same predictions as `model`, faster the more zeros its weights have.
 *
 * Layers of float32 tensors run on WebAssembly-SIMD kernels that are written for their shapes and their zeros; the others,
 * and what the package doesn't know, run on tfjs. Batch norms are folded into the layers before them. Weights are copied:
 * later changes of `model` have no effect, but it must not be disposed while layers of it run on tfjs (see `explain`).
 *
 * @param model a LayersModel or GraphModel of tfjs: any, but it pays for one with zeros.
 * @throws SparseError for what is no model, and for options that can't be.
 *
 * @example
 * ```ts
 * import { createRequire } from 'node:module';
 * import { dirname } from 'node:path';
 * import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
 * import { ones, setBackend, type Tensor } from '@tensorflow/tfjs-core';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { sparsify } from '@secateur/sparse';
 *
 * const require = createRequire(import.meta.url);
 * setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
 * await setBackend('wasm');
 * const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3], kernelInitializer: 'ones' })] });
 *
 * const sparse = await sparsify(model);
 * const output = sparse.predict(ones([1, 3])) as Tensor;
 * console.log(await output.data()); // Float32Array(2) [ 3, 3 ]
 * sparse.dispose();
 * ```
 */
export async function sparsify(model: LayersModelLike, options?: SparsifyOptions): Promise<SparseModel>;
export async function sparsify(
  model: TfjsModel,
  options?: SparsifyOptions,
): Promise<SparseModel<ModelOutputs>>;
export async function sparsify(
  model: TfjsModel,
  options: SparsifyOptions = {},
): Promise<SparseModel<ModelOutputs>> {
  const { tune = false } = options;
  if (typeof tune !== 'boolean' && (typeof tune !== 'object' || tune === null)) {
    throw new SparseError(`tune must be true, false or a tuning, but is ${String(tune)}`, {
      option: 'tune',
      value: tune,
    });
  }
  const imported = optimize(await importModel(model));
  const choices = new Choices(typeof tune === 'object' ? tune : undefined);
  const stages = segment(imported).map((stage) =>
    stage.kind === 'native' ? { ...stage, segment: new Segment(stage.graph, choices) } : stage,
  );
  const sparse = new SparseModel<ModelOutputs>({
    model: imported,
    stages,
    choices,
    batchSize: defaultBatchSize(model),
  });
  await sparse.warmUp();
  if (tune === true) {
    await choices.tune();
    for (const stage of stages) if ('segment' in stage) stage.segment.reset();
    await sparse.warmUp();
  }
  return sparse;
}

/** tfjs's own: layers models predict 32 examples at a time. */
function defaultBatchSize(model: TfjsModel): number {
  return 'layers' in model ? 32 : Number.POSITIVE_INFINITY;
}
