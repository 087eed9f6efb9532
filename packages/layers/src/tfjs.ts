import type { LayersModel, LayerVariable, layers } from '@tensorflow/tfjs-layers';

/** A layer of TensorFlow.js. */
export type Layer = layers.Layer;
export type { LayerVariable };

/** A layer that holds a graph of layers: a model, or a model inside a model. */
export type Container = LayersModel;

/** Whether a layer holds layers of its own. */
export function isContainer(layer: Layer): layer is Container {
  return 'layers' in layer && Array.isArray(layer.layers);
}
