import type { LayersModel } from '@tensorflow/tfjs-layers';
import { PruningError } from './errors.js';
import { MaskedWeight } from './masked-weight.js';
import { type PrunedLayer, PruningRun } from './pruning-run.js';
import { type Container, isContainer } from './tfjs.js';
import { PruneLowMagnitude } from './wrapper.js';

/** The pruning wrappers of a model, nested models included, with their paths. */
export function wrappersOf(
  model: Container,
  prefix = '',
): {
  /** Names of the models that hold it and its own, with slashes between. */
  path: string;
  /** The wrapper. */
  wrapper: PruneLowMagnitude;
}[] {
  return model.layers.flatMap((layer) => {
    const path = prefix + layer.name;
    if (layer instanceof PruneLowMagnitude) return [{ path, wrapper: layer }];
    return isContainer(layer) ? wrappersOf(layer, `${path}/`) : [];
  });
}

/**
 * Starts pruning a wrapped model in a training loop of your own. Masks that are due before the first batch are made at
 * once. A model that was pruned before goes on where it stopped. A model has one run: an earlier one is stopped.
 *
 * @throws PruningError when the model has no wrapped layer, or its stored masks are damaged.
 * @throws MaskError when masks are due and a weight is NaN, infinite or of a kind that the strategy can't prune.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { pruneLowMagnitude, startPruning } from '@secateur/layers';
 * import { constantSparsity } from '@secateur/schedules';
 *
 * const dense = sequential({ layers: [layers.dense({ units: 4, inputShape: [8] })] });
 * const model = pruneLowMagnitude(dense, { schedule: constantSparsity({ targetSparsity: 0.75, beginStep: 0 }) });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 *
 * const pruning = await startPruning(model);
 * for (let batch = 0; batch < 3; batch += 1) {
 *   await model.trainOnBatch(tf.randomNormal([2, 8]), tf.randomNormal([2, 4]));
 *   await pruning.step();
 * }
 * console.log(pruning.sparsity()); // each layer at 0.75
 * pruning.stop();
 * ```
 */
export async function startPruning(model: LayersModel): Promise<PruningRun> {
  const wrappers = wrappersOf(model);
  if (wrappers.length === 0) {
    throw new PruningError(
      'model: no layer is wrapped for pruning; pass the model through pruneLowMagnitude first',
      'model',
    );
  }
  const run = new PruningRun(
    await Promise.all(wrappers.map(({ path, wrapper }) => prunedLayer(path, wrapper))),
  );
  for (const { wrapper } of wrappers) {
    wrapper.run?.stop();
    wrapper.run = run;
  }
  await run.begin();
  return run;
}

async function prunedLayer(path: string, wrapper: PruneLowMagnitude): Promise<PrunedLayer> {
  const { schedule, strategy, regrowth, firstStep } = wrapper.settings;
  const [masks, evaluations] = await Promise.all([wrapper.readMasks(), wrapper.readEvaluations()]);
  const scope = path.slice(0, path.length - wrapper.name.length);
  const weights = wrapper.pruned.map(({ name, kind, variable, bias }, index) => {
    const mask = masks[index] as (typeof masks)[number];
    return new MaskedWeight({ name: scope + name, kind, variable, bias, strategy, regrowth, mask });
  });
  return {
    name: path,
    schedule,
    strategy,
    firstStep,
    weights,
    evaluations,
    onEvaluated: (layer, masksChanged) => {
      wrapper.writeEvaluations(layer.evaluations);
      if (masksChanged) wrapper.writeMasks(weights.map(({ mask }) => mask));
    },
    onStop: () => {
      wrapper.run = undefined;
    },
  };
}
