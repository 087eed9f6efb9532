import type { LayersModel } from '@tensorflow/tfjs-layers';
import { ExportError } from '../export-error.js';
import { isObject, type JsonObject } from '../json.js';
import {
  activationFields,
  modelClasses,
  sharedActivations,
  sharedCells,
  sharedLayers,
} from './keras-classes.js';
import { type LayerJson, layersOf, readLayer, unsupported } from './layer-config.js';
import { checkMasks } from './masks.js';

/**
 * A model's topology as Keras 2 writes it in `model_config`, in the form that Keras 3 reads too: with the modules of
 * inner layers, and without a list around a single input or output.
 */
export function toKeras(model: LayersModel, file: string): JsonObject {
  const topology = readLayer(model.toJSON(null, false), 'the model', file);
  checkMasks(topology, file);
  return convert(topology, { file, multipliers: depthMultipliers(model) });
}

interface Context {
  readonly file: string;
  /** The depth multipliers of separable convolutions, which tfjs doesn't save. */
  readonly multipliers: ReadonlyMap<string, number>;
}

function depthMultipliers(model: LayersModel): Map<string, number> {
  const multipliers = new Map<string, number>();
  for (const layer of model.layers) {
    if ('layers' in layer) {
      for (const [name, value] of depthMultipliers(layer as LayersModel)) multipliers.set(name, value);
    }
    const depthwise = layer.weights.find(({ originalName }) => originalName.endsWith('/depthwise_kernel'));
    if (depthwise !== undefined) multipliers.set(layer.name, depthwise.shape.at(-1) ?? 1);
  }
  return multipliers;
}

function convert(layer: LayerJson, context: Context): JsonObject {
  if (!modelClasses.has(layer.className)) return convertLayer(layer, sharedLayers, context);
  const { file } = context;
  if (layer.className === 'Sequential') {
    const layers = withInput(layer, file).map((inner) => convert(inner, context));
    return { class_name: 'Sequential', config: { name: layer.name, layers } };
  }
  return {
    class_name: 'Functional',
    config: {
      name: layer.name,
      layers: layersOf(layer, file).map((inner) => ({
        ...convert(inner, context),
        name: inner.name,
        inbound_nodes: inner.outer.inbound_nodes,
      })),
      input_layers: single(layer.config.input_layers),
      output_layers: single(layer.config.output_layers),
    },
  };
}

function single(tensors: unknown): unknown {
  return Array.isArray(tensors) && tensors.length === 1 ? tensors[0] : tensors;
}

/**
 * A sequential model's layers after its input. tfjs puts the input's shape and dtype on the first layer, where Keras
 * takes the dtype for that of the weights.
 */
function withInput(model: LayerJson, file: string): LayerJson[] {
  const layers = layersOf(model, file);
  const first = layers[0];
  if (first === undefined || first.className === 'InputLayer') return layers;
  const name = `${first.name}_input`;
  const config = { ...inputOf(first, file), sparse: false, name };
  return [{ className: 'InputLayer', name, config, outer: {} }, ...layers];
}

/** The shape and dtype that a layer declares for its input, or that of the first layer inside it. */
function inputOf(layer: LayerJson, file: string): JsonObject {
  const { batch_input_shape: shape, dtype = 'float32' } = layer.config;
  if (Array.isArray(shape)) return { batch_input_shape: shape, dtype };
  if (modelClasses.has(layer.className)) {
    const layers = layersOf(layer, file);
    const [name] = Array.isArray(layer.config.input_layers) ? (layer.config.input_layers[0] ?? []) : [];
    const inner = layers.find((candidate) => candidate.name === name) ?? layers[0];
    if (inner !== undefined) return inputOf(inner, file);
  }
  throw unsupported(file, layer, 'is the first of a sequential model and has no input shape');
}

function convertLayer(layer: LayerJson, known: ReadonlySet<string>, context: Context): JsonObject {
  const { file, multipliers } = context;
  if (layer.className === 'PruneLowMagnitude') {
    throw unsupported(file, layer, 'is wrapped for pruning: strip the model first, with stripPruning');
  }
  if (!known.has(layer.className)) {
    throw unsupported(file, layer, 'has no counterpart of the same meaning in Keras');
  }
  const config = { ...layer.config };
  for (const field of activationFields) {
    const activation = config[field];
    if (activation == null || sharedActivations.has(String(activation))) continue;
    throw unsupported(file, layer, `has the ${field} '${String(activation)}', which Keras hasn't`);
  }
  if (layer.className === 'UpSampling2D' && config.interpolation !== 'nearest') {
    throw unsupported(
      file,
      layer,
      `samples '${String(config.interpolation)}' at other points than Keras does`,
    );
  }
  // tfjs writes null for what it leaves to the default.
  for (const field of ['implementation', 'unit_forget_bias']) {
    if (config[field] === null) delete config[field];
  }
  if (layer.className !== 'InputLayer') {
    delete config.batch_input_shape;
    delete config.dtype;
  }
  if (layer.className === 'SpatialDropout1D') {
    // Keras 3 refuses these.
    delete config.noise_shape;
    delete config.trainable;
  }
  if (layer.className === 'SeparableConv2D') config.depth_multiplier = multipliers.get(layer.name) ?? 1;
  const inside = (json: unknown, convertInner: (inner: LayerJson) => JsonObject): JsonObject => ({
    module: 'keras.layers',
    ...convertInner(readLayer(json, `inside '${layer.name}'`, file)),
    registered_name: null,
  });
  const cell = (json: unknown): JsonObject =>
    inside(json, (inner) => convertLayer(inner, sharedCells, context));
  if (isObject(config.layer)) config.layer = inside(config.layer, (inner) => convert(inner, context));
  if (isObject(config.cell)) {
    delete config.cells;
    config.cell = cell(config.cell);
  } else if (Array.isArray(config.cells)) {
    config.cells = config.cells.map(cell);
  }
  return { class_name: layer.className, config };
}

/** Throws unless a model has layers that a file can hold. */
export function checkModel(model: LayersModel, file: string): void {
  if (typeof model.toJSON === 'function' && Array.isArray(model.layers)) return;
  throw new ExportError(`${file}: only a LayersModel can be saved as .h5`, {
    file,
    option: 'model',
    value: model,
  });
}
