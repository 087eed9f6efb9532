import { Callback, type LayersModel } from '@tensorflow/tfjs-layers';
import { PruningError } from './errors.js';
import type { PruningRun } from './pruning-run.js';
import { startPruning } from './start-pruning.js';

type Logs = Parameters<Callback['onEpochEnd']>[1];

/** See {@link updatePruningStep}. */
export class UpdatePruningStep extends Callback {
  #model: LayersModel | undefined;
  #run: PruningRun | undefined;

  /** Keeps the model that `fit` trains. */
  override setModel(model: Parameters<Callback['setModel']>[0]): void {
    this.#model = model as LayersModel;
  }

  /** Starts pruning. */
  override async onTrainBegin(): Promise<void> {
    this.#run?.stop();
    if (this.#model === undefined)
      throw new PruningError('updatePruningStep: it has no model; pass it to the callbacks of fit');
    this.#run = await startPruning(this.#model);
  }

  /** Masks the weights that the batch changed. */
  override async onBatchEnd(): Promise<void> {
    await this.#run?.step();
  }

  /** Adds the sparsity of each layer to the logs. */
  override async onEpochEnd(_epoch: number, logs?: Logs): Promise<void> {
    if (logs === undefined || this.#run === undefined) return;
    for (const [layer, sparsity] of Object.entries(this.#run.sparsity()))
      logs[`sparsity/${layer}`] = sparsity;
  }

  /** Stops pruning. */
  override async onTrainEnd(): Promise<void> {
    this.#run?.stop();
    this.#run = undefined;
  }
}

/**
 * The callback that `fit` and `fitDataset` of a wrapped model need: it counts steps, updates the masks when the
 * schedule says so and keeps pruned weights at zero after each batch. Each epoch's logs, and so `History`, get
 * `sparsity/<layer>` for each wrapped layer.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { pruneLowMagnitude, updatePruningStep } from '@secateur/layers';
 * import { constantSparsity } from '@secateur/schedules';
 *
 * const dense = sequential({ layers: [layers.dense({ name: 'first', units: 4, inputShape: [8] })] });
 * const model = pruneLowMagnitude(dense, { schedule: constantSparsity({ targetSparsity: 0.5, beginStep: 0 }) });
 * model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
 * const { history } = await model.fit(tf.randomNormal([32, 8]), tf.randomNormal([32, 4]), {
 *   callbacks: updatePruningStep(),
 * });
 * console.log(history['sparsity/first']); // [0.5]
 * ```
 */
export function updatePruningStep(): UpdatePruningStep {
  return new UpdatePruningStep();
}
