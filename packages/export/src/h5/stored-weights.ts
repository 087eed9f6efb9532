import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { Dataset, type File, Group } from 'h5wasm';
import { ExportError } from '../export-error.js';
import { readNames } from './attributes.js';
import { child } from './hdf5.js';

/** A layer, or a model as a layer, with its weights. */
export interface WeightedLayer {
  readonly name: string;
  readonly weights: readonly LayerVariable[];
}

/** A weight of a model with its values from a file. */
export interface StoredValues {
  readonly weight: LayerVariable;
  readonly values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

/** Reads the values of all weights of `layers`, by layer name. The file holds the same layers, or more without weights. */
export function readWeights(root: File, layers: readonly WeightedLayer[], file: string): StoredValues[] {
  const group = child(root, 'model_weights') ?? root;
  const names = group instanceof Group ? readNames(group, 'layer_names') : undefined;
  if (!(group instanceof Group) || names === undefined) {
    throw new ExportError(`${file} holds no weights of a Keras model: there is no list layer_names`, {
      file,
    });
  }
  const wanted = new Set(layers.filter(({ weights }) => weights.length > 0).map(({ name }) => name));
  const values = layers
    .filter(({ name }) => wanted.has(name))
    .flatMap((layer) => readLayer(group, layer, file));
  for (const name of names) {
    if (wanted.has(name) || weightNames(group, name, file).length === 0) continue;
    throw new ExportError(`${file} holds weights of a layer '${name}', which the model hasn't`, {
      file,
      option: name,
    });
  }
  return values;
}

function readLayer(group: Group, layer: WeightedLayer, file: string): StoredValues[] {
  const names = weightNames(group, layer.name, file);
  if (names.length !== layer.weights.length) {
    throw new ExportError(
      `${file}: layer '${layer.name}' has ${names.length} weights; the model's has ${layer.weights.length}`,
      { file, option: layer.name },
    );
  }
  return inOrder(layer, names, file).map((name, w) => {
    const weight = layer.weights[w] as LayerVariable;
    const dataset = child(group, `${layer.name}/${name}`);
    if (!(dataset instanceof Dataset)) {
      throw new ExportError(`${file}: the weight '${name}' of layer '${layer.name}' isn't there`, {
        file,
        option: layer.name,
      });
    }
    return { weight, values: readDataset(dataset, weight, name, file) };
  });
}

function weightNames(group: Group, layer: string, file: string): string[] {
  const found = child(group, layer);
  const names = found instanceof Group ? readNames(found, 'weight_names') : undefined;
  if (names !== undefined) return names;
  throw new ExportError(`${file}: the weights of layer '${layer}' aren't there`, { file, option: layer });
}

/**
 * The stored names in the order of the layer's weights. Where both sides use the same names, these decide; otherwise
 * the order does, which is the same in Keras and tfjs, and the last parts of the names must agree.
 */
function inOrder({ name: layer, weights }: WeightedLayer, stored: readonly string[], file: string): string[] {
  const byName = new Map(stored.map((name) => [name.replace(/:\d+$/, ''), name]));
  const named = weights.map(({ originalName }) => byName.get(originalName));
  if (new Set(named).size === weights.length && !named.includes(undefined)) return named as string[];
  stored.forEach((name, w) => {
    const ours = lastPart(weights[w]?.originalName ?? '');
    // Keras 3 calls a depthwise_kernel a kernel.
    if (lastPart(name) === ours || ours === `depthwise_${lastPart(name)}`) return;
    throw new ExportError(`${file}: layer '${layer}' has '${name}' where the model's has '${ours}'`, {
      file,
      option: layer,
    });
  });
  return [...stored];
}

function lastPart(name: string): string {
  return name.replace(/:\d+$/, '').replace(/^.*\//, '');
}

/** Reads a dataset that must have the weight's shape: so no file makes us allocate more than its model does. */
function readDataset(
  dataset: Dataset,
  weight: LayerVariable,
  name: string,
  file: string,
): StoredValues['values'] {
  const shape = dataset.shape ?? [];
  if (shape.length !== weight.shape.length || shape.some((size, a) => size !== weight.shape[a])) {
    throw new ExportError(
      `${file}: the weight '${name}' has the shape [${shape}]; the model needs [${weight.shape}]`,
      { file, option: name, value: shape },
    );
  }
  const read: unknown = dataset.value;
  const values = typeof read === 'number' ? [read] : read;
  const count = shape.reduce((product, size) => product * size, 1);
  if (!isNumbers(values) || values.length !== count) {
    throw new ExportError(
      `${file}: the weight '${name}' holds no numbers that tfjs has (${String(dataset.dtype)})`,
      {
        file,
        option: name,
        value: dataset.dtype,
      },
    );
  }
  return weight.dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
}

function isNumbers(value: unknown): value is ArrayLike<number> {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'number');
  return ArrayBuffer.isView(value) && !(value instanceof BigInt64Array) && !(value instanceof BigUint64Array);
}
