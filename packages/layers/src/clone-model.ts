import { serialization, type Tensor, tidy } from '@tensorflow/tfjs-core';
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

/**
 * The weights of a layer's copy, in the order of its variables (that of their creation). `layer` is the original,
 * without a wrapper. Tensors that are made here are disposed once they are copied.
 */
export type WeightsOf = (layer: Layer) => readonly Tensor[];

interface ModelConfig {
  layers: LayerConfig[];
}

/**
 * A copy of a model with some layers replaced: Sequential, functional, nested and shared layers alike. Weights are
 * copied (their tensors are shared until either model trains on), wrapped layers giving theirs to unwrapped ones and
 * back. Not compiled. `weightsOf` gives other weights, where the copy of a layer has other shapes.
 *
 * @throws PruningError when a layer is shared between two nested models, which tfjs can't serialize.
 */
export function cloneModel<T extends LayersModel>(
  model: T,
  replace: ReplaceLayer,
  weightsOf: WeightsOf = ownWeights,
): T {
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
  copyState(model, clone, weightsOf);
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
    const complete = { ...serialized, config: completeConfig(layer, serialized.config) };
    return {
      ...complete,
      ...(replace(layer, complete, path) ??
        (layer instanceof PruneLowMagnitude ? rewrapped(layer) : undefined)),
    };
  });
  return config as unknown as serialization.ConfigDict;
}

function ownWeights(layer: Layer): Tensor[] {
  return variablesOf(layer).map((variable) => variable.read());
}

function copyState(from: Container, to: Container, weightsOf: WeightsOf): void {
  from.layers.forEach((source, index) => {
    const target = to.layers[index] as Layer;
    if (isContainer(source)) copyState(source, target as Container, weightsOf);
    else copyWeights(source, target, weightsOf, from.trainable);
  });
  if (to.trainable !== from.trainable) to.trainable = from.trainable;
}

/** The flags of a frozen model's variables are the model's doing, which a wrapper is spared: they are not copied. */
function copyWeights(from: Layer, to: Layer, weightsOf: WeightsOf, withFlags: boolean): void {
  const original = unwrap(from);
  const source = variablesOf(original);
  const target = variablesOf(unwrap(to));
  tidy(() => {
    const weights = weightsOf(original);
    if (weights.length !== target.length) {
      throw new PruningError(
        `Layer "${from.name}" gives ${weights.length} weights, its copy has ${target.length}`,
      );
    }
    target.forEach((copy, index) => {
      copy.write(weights[index] as Tensor);
      const flag = source[index]?.trainable;
      if (withFlags && flag !== undefined && copy.trainable !== flag) copy.trainable = flag;
    });
  });
  if (from instanceof PruneLowMagnitude && to instanceof PruneLowMagnitude) to.copyPruning(from);
}

/** The layer that a pruning wrapper holds, or the layer itself. */
export function unwrap(layer: Layer): Layer {
  return layer instanceof PruneLowMagnitude ? layer.layer : layer;
}

/** The config of a layer without pruning. */
export function bareConfig(layer: Layer): LayerConfig {
  return { className: layer.getClassName(), config: completeConfig(layer, layer.getConfig()) };
}

/** tfjs leaves the depth multiplier out of the config of a SeparableConv2D. */
function completeConfig(layer: Layer, config: serialization.ConfigDict): serialization.ConfigDict {
  if (layer.getClassName() !== 'SeparableConv2D') return config;
  const { depthMultiplier } = layer as Layer & { readonly depthMultiplier: number };
  return { ...config, depthMultiplier };
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
