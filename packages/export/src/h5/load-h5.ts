import { readFile } from 'node:fs/promises';
import { type io, tensor, tidy } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel, models } from '@tensorflow/tfjs-layers';
import { asExportError, ExportError } from '../export-error.js';
import { isObject, type JsonObject, parseJsonObject } from '../json.js';
import { readText } from './attributes.js';
import { fromKeras } from './from-keras.js';
import { readHdf5 } from './hdf5.js';
import { readWeights, type StoredValues } from './stored-weights.js';

/** h5wasm's memory ends here. */
const maxBytes = 2 ** 31 - 1;

/**
 * Opens a model that `tf.keras` or Keras 3 saved as .h5 (`model.save('model.h5')`). Node only.
 *
 * The model is not compiled; the optimizer's state in the file is passed over. Names of layers and weights stay. An
 * initializer that tfjs hasn't becomes zeros, which only matters if the layer is built anew.
 *
 * The file is not trusted: it is read in memory, cannot name other files, and each weight must have the shape that the
 * model gives it before it is read. What tfjs would compute differently is refused: a GRU with `reset_after`, grouped
 * convolutions, bilinear upsampling, Keras 3's `hard_sigmoid`, and every layer that isn't in the list of the README.
 *
 * @param source The path of the file, or its bytes.
 * @throws ExportError naming the file, and the layer that can't be opened.
 *
 * @example
 * ```ts
 * import { mkdtemp, readFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { loadH5, saveH5 } from '@secateur/export/h5';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'model-')), 'model.h5');
 * await saveH5(sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] }), path);
 * const model = await loadH5(await readFile(path));
 * console.log(model.inputs[0]?.shape); // [ null, 3 ]
 * ```
 */
export async function loadH5(source: string | Uint8Array): Promise<LayersModel> {
  const file = nameOf(source);
  try {
    const bytes = await bytesOf(source, file);
    const topology = await readHdf5(bytes, (root) => {
      const config = readText(root, 'model_config');
      if (config === undefined) {
        throw new ExportError(
          `${file} holds no model (no attribute model_config); weights alone need loadWeightsH5`,
          {
            file,
            option: 'model_config',
          },
        );
      }
      return fromKeras(parseJsonObject(config, file), readText(root, 'keras_version') ?? '1.0', file);
    });
    return await build(topology, bytes, file);
  } catch (error) {
    throw asExportError(error, `${file} could not be loaded`, file);
  }
}

/**
 * Sets a model's weights from an .h5 file of Keras: one of `save_weights`, or one that holds a whole model. Layers are
 * matched by name; the file must hold all weights of the model, in their shapes. Nothing is set when something is wrong.
 *
 * @throws ExportError naming the file and the layer.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { loadWeightsH5, saveH5 } from '@secateur/export/h5';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'model-')), 'model.h5');
 * const make = () => sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: 'out' })] });
 * await saveH5(make(), path);
 * await loadWeightsH5(make(), path);
 * ```
 */
export async function loadWeightsH5(model: LayersModel, source: string | Uint8Array): Promise<void> {
  const file = nameOf(source);
  try {
    const bytes = await bytesOf(source, file);
    const stored = await readHdf5(bytes, (root) => readWeights(root, model.layers, file));
    tidy(() => {
      for (const { weight, values } of stored) {
        weight.write(tensor(values, weight.shape as number[], weight.dtype));
      }
    });
  } catch (error) {
    throw asExportError(error, `${file} could not be loaded`, file);
  }
}

/**
 * Builds the model twice. The first, with all initializers zero, gives the names and shapes of its weights; the second
 * goes the way of every saved model, where tfjs runs no initializers but those of the cells of a general RNN layer. So
 * none of them costs time, and the loaded model keeps those of its configuration, but for such cells.
 */
async function build(topology: JsonObject, bytes: Uint8Array, file: string): Promise<LayersModel> {
  const blank = await models.modelFromJSON({ modelTopology: withZeros(topology) as JsonObject } as never);
  let stored: StoredValues[];
  let specs: io.WeightsManifestEntry[];
  try {
    stored = await readHdf5(bytes, (root) => readWeights(root, blank.layers, file));
    specs = stored.map(({ weight }) => ({
      name: weight.originalName,
      shape: weight.shape as number[],
      dtype: weight.dtype as 'float32' | 'int32',
    }));
  } finally {
    // A model's own dispose leaves the weights of shared layers and nested models.
    for (const weight of blank.weights) weight.dispose();
  }
  const weightData = await new Blob(stored.map(({ values }) => values)).arrayBuffer();
  return loadLayersModel({
    load: async () => ({
      modelTopology: withZeroCells(topology) as JsonObject,
      weightSpecs: specs,
      weightData,
      format: 'layers-model',
    }),
  });
}

/** The JSON with every initializer zero. */
function withZeros(value: unknown): unknown {
  return mapFields(value, (key, inner) => {
    if (key.endsWith('_initializer')) return { class_name: 'Zeros', config: {} };
    // Its initializer leaves tensors behind.
    return key === 'unit_forget_bias' ? false : withZeros(inner);
  });
}

/** The JSON with every initializer zero that belongs to a cell of a general RNN layer. */
function withZeroCells(value: unknown): unknown {
  return mapFields(value, (key, inner) => (key === 'cell' ? withZeros(inner) : withZeroCells(inner)));
}

/** The value with each field of the objects in it mapped. */
function mapFields(value: unknown, map: (key: string, inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => mapFields(each, map));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, map(key, inner)]));
}

function nameOf(source: string | Uint8Array): string {
  return typeof source === 'string' ? source : 'the .h5 file';
}

async function bytesOf(source: string | Uint8Array, file: string): Promise<Uint8Array> {
  const bytes = typeof source === 'string' ? await readFile(source) : source;
  if (!(bytes instanceof Uint8Array)) {
    throw new ExportError('source must be a path or a Uint8Array', { option: 'source', value: source });
  }
  const { byteLength } = bytes;
  if (byteLength > maxBytes) {
    throw new ExportError(`${file} has ${byteLength} bytes; at most ${maxBytes} can be read`, { file });
  }
  return bytes;
}
