import { applyMask, type Mask, unitMask } from '@secateur/masks';
import { tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { bareConfig, cloneModel, unwrap } from './clone-model.js';
import { variablesOf } from './prunable.js';
import { isContainer, type Layer, type LayerVariable } from './tfjs.js';
import { PruneLowMagnitude } from './wrapper.js';

/**
 * A copy of a model without its pruning wrappers: plain layers, which the stock `loadLayersModel` opens. The masks are
 * applied once more, so that every pruned weight is exactly +0. Not compiled; the given model stays as it is.
 *
 * @throws PruningError when a stored mask is damaged.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { pruneLowMagnitude, stripPruning } from '@secateur/layers';
 * import { constantSparsity } from '@secateur/schedules';
 *
 * const model = sequential({ layers: [layers.dense({ units: 4, inputShape: [8] })] });
 * const wrapped = pruneLowMagnitude(model, { schedule: constantSparsity({ targetSparsity: 0.5, beginStep: 0 }) });
 * const stripped = await stripPruning(wrapped);
 * console.log(stripped.layers[0]?.getClassName()); // Dense
 * ```
 */
export async function stripPruning<T extends LayersModel>(model: T): Promise<T> {
  const stripped = cloneModel(model, (layer) => bareConfig(unwrap(layer)));
  try {
    await maskLayers(model.layers, stripped.layers);
  } catch (error) {
    stripped.dispose();
    throw error;
  }
  return stripped;
}

async function maskLayers(wrapped: readonly Layer[], stripped: readonly Layer[]): Promise<void> {
  for (const [index, layer] of wrapped.entries()) {
    const target = stripped[index] as Layer;
    if (layer instanceof PruneLowMagnitude) await maskLayer(layer, target);
    else if (isContainer(layer) && isContainer(target)) await maskLayers(layer.layers, target.layers);
  }
}

async function maskLayer(wrapper: PruneLowMagnitude, target: Layer): Promise<void> {
  const masks = await wrapper.readMasks();
  const sources = variablesOf(wrapper.layer);
  const copies = variablesOf(target);
  const copyOf = (variable: LayerVariable) => copies[sources.indexOf(variable)] as LayerVariable;
  for (const [index, { variable, kind, bias }] of wrapper.pruned.entries()) {
    const mask = masks[index] as Mask;
    await maskVariable(copyOf(variable), mask);
    if (bias !== undefined && wrapper.settings.strategy.prunesUnits) {
      await maskVariable(copyOf(bias), unitMask(mask, { kind, shape: variable.read().shape }));
    }
  }
}

async function maskVariable(variable: LayerVariable, mask: Mask): Promise<void> {
  const { shape } = variable.read();
  // A copy, since the cpu backend gives the tensor's own memory, which both models share.
  const values = applyMask((await variable.read().data<'float32'>()).slice(), mask);
  tidy(() => {
    variable.write(tensor(values, shape, 'float32'));
  });
}
