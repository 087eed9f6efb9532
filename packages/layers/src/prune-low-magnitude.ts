import type { LayersModel } from '@tensorflow/tfjs-layers';
import { Choices, type PruneOptions } from './choices.js';
import { bareConfig, cloneModel, unwrap, wrapperConfig } from './clone-model.js';
import { nothingToPrune } from './errors.js';
import { canPrune } from './prunable.js';
import { type LayerPruning, type PruningSettings, settle } from './settings.js';
import { wrappersOf } from './start-pruning.js';
import { isContainer, type Layer } from './tfjs.js';
import { PruneLowMagnitude } from './wrapper.js';

/**
 * Wraps a layer, or all prunable layers of a model, so that they are pruned while they train.
 *
 * A model comes back as a new one, not compiled, with the same names and weights; the given one stays as it is.
 * Sequential, functional, nested models and shared layers work. Layers with nothing to prune are left alone. A model
 * that is wrapped already keeps its masks and its step and takes the new options.
 *
 * After Zhu and Gupta, "To prune, or not to prune: exploring the efficacy of pruning for model compression",
 * https://arxiv.org/abs/1710.01878.
 *
 * @throws PruningError when an option is wrong, a key of `layers` matches nothing, or there is nothing to prune.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { pruneLowMagnitude } from '@secateur/layers';
 * import { polynomialDecay } from '@secateur/schedules';
 *
 * const model = sequential({
 *   layers: [
 *     layers.dense({ units: 128, activation: 'relu', inputShape: [784] }),
 *     layers.dense({ name: 'logits', units: 10 }),
 *   ],
 * });
 * const schedule = polynomialDecay({ initialSparsity: 0.3, finalSparsity: 0.9, beginStep: 0, endStep: 1000 });
 * const wrapped = pruneLowMagnitude(model, { schedule, layers: { logits: false } });
 * console.log(wrapped.layers.map((layer) => layer.getClassName())); // ['PruneLowMagnitude', 'Dense']
 * ```
 */
export function pruneLowMagnitude<T extends LayersModel>(target: T, options: PruneOptions): T;
export function pruneLowMagnitude(target: Layer, options: LayerPruning): PruneLowMagnitude;
export function pruneLowMagnitude(target: Layer, options: PruneOptions): LayersModel | PruneLowMagnitude {
  return isContainer(target) ? wrapModel(target, options) : wrapLayer(target, options);
}

function wrapLayer(layer: Layer, options: LayerPruning): PruneLowMagnitude {
  const settings = settle(options, layer.name);
  if (layer instanceof PruneLowMagnitude) {
    layer.settings = settings;
    return layer;
  }
  if (!canPrune(layer, settings.weights)) {
    throw nothingToPrune(`layer "${layer.name}" (${layer.getClassName()})`);
  }
  return new PruneLowMagnitude({ layer, settings });
}

function wrapModel(model: LayersModel, options: PruneOptions): LayersModel {
  const choices = new Choices(options);
  const chosen = new Map<string, PruningSettings>();
  const wrapped = cloneModel(model, (layer, serialized, path) => {
    const inner = unwrap(layer);
    const bare = inner === layer ? serialized : bareConfig(inner);
    const settings = choices.settingsFor(inner, path);
    if (settings === undefined) return bare;
    chosen.set(path, settings);
    return wrapperConfig(bare, settings.weights);
  });
  choices.assertAllUsed();
  if (chosen.size === 0) throw nothingToPrune('the model');
  for (const { path, wrapper } of wrappersOf(wrapped)) wrapper.settings = chosen.get(path) as PruningSettings;
  return wrapped;
}
