import { serialization } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { PruningError } from './errors.js';
import type { LayerConfig } from './layer-config.js';
import { variablesOf } from './prunable.js';
import { type Container, isContainer, type Layer } from './tfjs.js';
import { PruneLowMagnitude } from './wrapper.js';

/**
 * What becomes of a layer in the clone: its new class and config, or `undefined` for a plain copy. The name has to
 * stay. `path` is the layer's name, preceded by those of the models around it: `encoder/dense_1`.
 */
export type ReplaceLayer = (layer: Layer, config: LayerConfig, path: string) => LayerConfig | undefined;

interface ModelConfig {
  layers: LayerConfig[];
}

/**
 * A copy of a model with some layers replaced: Sequential, functional, nested and shared layers alike. Weights are
 * copied (their tensors are shared until either model trains on), wrapped layers giving theirs to unwrapped ones and
 * back. Not compiled.
 *
 * @throws PruningError when a layer is shared between two nested models, which tfjs can't serialize.
 */
export function cloneModel<T extends LayersModel>(model: T, replace: ReplaceLayer): T {
  const seen = new Map<Layer, string>();
  const config = replaceLayers(model, '', replace, seen);
  const entry = serialization.SerializationMap.getMap().classNameMap[model.getClassName()];
  if (entry === undefined) {
    throw new PruningError(
      `model: the class "${model.getClassName()}" is not registered with tf.serialization`,
      'model',
    );
  }
  const [cls, fromConfig] = entry;
  const clone = fromConfig(cls, config) as unknown as T;
  copyState(model, clone);
  const metadata = model.getUserDefinedMetadata();
  if (metadata !== undefined) clone.setUserDefinedMetadata(metadata);
  return clone;
}

function replaceLayers(
  model: Container,
  prefix: string,
  replace: ReplaceLayer,
  seen: Map<Layer, string>,
): serialization.ConfigDict {
  const config = model.getConfig() as unknown as ModelConfig;
  config.layers = config.layers.map((serialized, index) => {
    const layer = model.layers[index] as Layer;
    const path = prefix + layer.name;
    const elsewhere = seen.get(layer);
    if (elsewhere !== undefined) {
      throw new PruningError(
        `Layer "${layer.name}" is shared between two models, as ${elsewhere} and ${path}: tfjs can't copy that`,
      );
    }
    seen.set(layer, path);
    if (isContainer(layer)) return { ...serialized, config: replaceLayers(layer, `${path}/`, replace, seen) };
    return {
      ...serialized,
      ...(replace(layer, serialized, path) ??
        (layer instanceof PruneLowMagnitude ? rewrapped(layer) : undefined)),
    };
  });
  return config as unknown as serialization.ConfigDict;
}

function copyState(from: Container, to: Container): void {
  from.layers.forEach((source, index) => {
    const target = to.layers[index] as Layer;
    if (isContainer(source)) copyState(source, target as Container);
    else copyWeights(source, target, from.trainable);
  });
  if (to.trainable !== from.trainable) to.trainable = from.trainable;
}

/** The flags of a frozen model's variables are the model's doing, which a wrapper is spared: they are not copied. */
function copyWeights(from: Layer, to: Layer, withFlags: boolean): void {
  const source = variablesOf(unwrap(from));
  const target = variablesOf(unwrap(to));
  if (source.length !== target.length) {
    throw new PruningError(`Layer "${from.name}" has ${source.length} weights, its copy ${target.length}`);
  }
  source.forEach((variable, index) => {
    const copy = target[index] as typeof variable;
    copy.write(variable.read());
    if (withFlags && copy.trainable !== variable.trainable) copy.trainable = variable.trainable;
  });
  if (from instanceof PruneLowMagnitude && to instanceof PruneLowMagnitude) to.copyPruning(from);
}

/** The layer that a pruning wrapper holds, or the layer itself. */
export function unwrap(layer: Layer): Layer {
  return layer instanceof PruneLowMagnitude ? layer.layer : layer;
}

/** The config of a layer without pruning. */
export function bareConfig(layer: Layer): LayerConfig {
  return { className: layer.getClassName(), config: layer.getConfig() };
}

/** The config of a wrapper whose settings are given to it once it is made, as objects. */
export function wrapperConfig(layer: LayerConfig, weights: readonly string[] | undefined): LayerConfig {
  const { className, config } = layer;
  return {
    className: PruneLowMagnitude.className,
    config: { layer: { className, config }, weights } as unknown as serialization.ConfigDict,
  };
}

function rewrapped({ layer, settings }: PruneLowMagnitude): LayerConfig {
  return wrapperConfig(bareConfig(layer), settings.weights);
}
