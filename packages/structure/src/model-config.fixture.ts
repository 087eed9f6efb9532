import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers as l } from '@tensorflow/tfjs-layers';
import { layersOf } from './layer-paths.fixture.js';

/**
 * Whether tfjs makes the same graph of the model's config. Where a layer is called several times it may swap the calls:
 * such a model can't be saved and loaded.
 */
export function isReloadable(model: LayersModel): boolean {
  const [cls, fromConfig] = classOf(model.getClassName());
  const copy = fromConfig(cls, model.getConfig()) as unknown as LayersModel;
  return connections(copy) === connections(model);
}

function connections(model: LayersModel): string {
  const ofLayer = (layer: l.Layer): unknown => [
    layer.name,
    layer.inboundNodes.map((node) => node.inboundLayers.map((one, i) => [one.name, node.nodeIndices[i]])),
    'layers' in layer ? (layer.layers as l.Layer[]).map(ofLayer) : [],
  ];
  return JSON.stringify(model.layers.map(ofLayer));
}

/** A copy of the class Functional, in which Keras saves models. */
export function asFunctional(made: LayersModel): LayersModel {
  const [cls, fromConfig] = classOf('Functional');
  return fromConfig(cls, made.getConfig()) as unknown as LayersModel;
}

function classOf(
  name: string,
): [
  tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
  tf.serialization.FromConfigMethod<tf.serialization.Serializable>,
] {
  const found = tf.serialization.SerializationMap.getMap().classNameMap[name];
  if (found === undefined) throw new Error(`tfjs has no class ${name}`);
  return found;
}

/** A copy of a model that leaves the sizes of its inputs open, but for their channels; the model itself where that can't be. */
export function withOpenSizes(model: LayersModel, isChannelsFirst: readonly boolean[]): LayersModel {
  const [cls, fromConfig] = classOf(model.getClassName());
  const config = JSON.parse(JSON.stringify(model.getConfig())) as tf.serialization.ConfigDict;
  const names = model.inputs.map(({ sourceLayer }) => sourceLayer.name);
  for (const layer of config.layers as { name: string; config: { batchInputShape?: (number | null)[] } }[]) {
    const index = names.indexOf(layer.name);
    const shape = layer.config.batchInputShape;
    if (index < 0 || shape === undefined || shape.length < 3) continue;
    const channels = isChannelsFirst[index] ? 1 : shape.length - 1;
    layer.config.batchInputShape = shape.map((size, axis) => (axis === channels ? size : null));
  }
  try {
    const open = fromConfig(cls, config) as unknown as LayersModel;
    return hasSaneShapes(open) ? open : model;
  } catch {
    return model;
  }
}

/** tfjs takes an open size for 0 where it crops. */
function hasSaneShapes(model: LayersModel): boolean {
  const shapes = layersOf(model).flatMap(({ layer }) =>
    layer.inboundNodes.flatMap((node) => node.outputTensors.map(({ shape }) => shape)),
  );
  return shapes.every((shape) => shape.every((size) => size === null || size > 0));
}
