import { type Container, cloneModel, type Layer } from '@secateur/layers';
import { mul, tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { tapCalls } from './call-tap.js';
import { resizedConfig } from './resized-config.js';
import { maskedWeights, slicedWeights } from './sliced-weights.js';
import type { Removal, Structure } from './structure.js';

/** The model without the removed channels. */
export function shrunkCopy<T extends LayersModel>(model: T, structure: Structure, removed: Removal): T {
  return cloneModel(
    model,
    (layer, serialized) => ({
      className: serialized.className,
      config: resizedConfig(layer, serialized.config, structure, removed),
    }),
    slicedWeights(structure, removed),
  );
}

/** The model in which the removed channels count for nothing: they are zero wherever a layer reads them. */
export function maskedCopy<T extends LayersModel>(model: T, structure: Structure, removed: Removal): T {
  const copy = cloneModel(model, () => undefined, maskedWeights(structure, removed));
  pairedLayers(model, copy, (layer, twin) => maskContracted(layer, twin, structure, removed));
  return copy;
}

/** Layers like Dot sum over channels without a weight that could be zero. */
function maskContracted(layer: Layer, twin: Layer, { trace, channelOf }: Structure, removed: Removal): void {
  const call = trace.layers.get(layer);
  const contracted = call?.channels.contracted ?? [];
  if (contracted.length === 0) return;
  tapCalls(twin, {
    inputs: (inputs) =>
      inputs.map((input, index) => {
        const axis = contracted.find((one) => one.input === index)?.axis ?? -1;
        const channels = call?.inputs[index]?.axes[axis];
        if (!channels) return input;
        const factors = Float32Array.from(channels, (id) => 1 - (removed[channelOf(id)] as number));
        return mul(
          input,
          tensor(
            factors,
            input.shape.map((size, at) => (at === axis ? size : 1)),
          ),
        );
      }),
  });
}

/** Calls a function with each layer of a model and the one in its copy, those of nested models too. */
export function pairedLayers(a: Container, b: Container, visit: (a: Layer, b: Layer) => void): void {
  a.layers.forEach((layer, index) => {
    const other = b.layers[index] as Layer;
    if ('layers' in layer && 'layers' in other) pairedLayers(layer as Container, other as Container, visit);
    else visit(layer, other);
  });
}
