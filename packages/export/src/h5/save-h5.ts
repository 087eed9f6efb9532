import { mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Group } from 'h5wasm';
import { removeLeftovers, syncFolder, withSaveToken, writeFileAtomic } from '../atomic-file.js';
import { asExportError } from '../export-error.js';
import { writeNames } from './attributes.js';
import { buildHdf5, child } from './hdf5.js';
import { checkModel, toKeras } from './to-keras.js';

/** The Keras whose format is written. Keras takes a file without a version for one of Keras 1. */
const kerasVersion = '2.15.0';

interface StoredWeight {
  readonly name: string;
  readonly shape: number[];
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/**
 * Saves a model as the .h5 file that Keras 2 writes: topology and weights, not the optimizer. `tf.keras` and Keras 3
 * open it with `load_model` and predict the same. Node only.
 *
 * The file is written whole to a temporary name and then renamed, so a process killed at any moment leaves the old file
 * or the new. The folder is made when it isn't there.
 *
 * Keras 3 has another `hard_sigmoid` (tfjs's default in recurrent layers) and no `ThresholdedReLU`; Keras 2 is exact.
 *
 * @throws ExportError for a layer without a counterpart of the same meaning in Keras, naming it (a model that is still
 * wrapped for pruning is one: strip it first), and for a file that can't be written.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { loadH5, saveH5 } from '@secateur/export/h5';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'model-')), 'model.h5');
 * const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
 * await saveH5(model, path);
 * console.log((await loadH5(path)).countParams()); // 8
 * ```
 */
export async function saveH5(model: LayersModel, path: string): Promise<void> {
  try {
    const bytes = await encodeH5(model, path);
    await mkdir(dirname(path), { recursive: true });
    await removeLeftovers(dirname(path), (name) => name === basename(path));
    await withSaveToken((token) => writeFileAtomic(path, [bytes], token));
    await syncFolder(dirname(path));
  } catch (error) {
    throw asExportError(error, `${path} could not be saved`, path);
  }
}

/** The bytes of the file that {@link saveH5} writes. `file` names it in errors. */
async function encodeH5(model: LayersModel, file: string): Promise<Uint8Array> {
  checkModel(model, file);
  const config = toKeras(model, file);
  const layers = await Promise.all(
    model.layers.map(async (layer) => ({
      name: layer.name,
      weights: await Promise.all(
        layer.weights.map(async (weight): Promise<StoredWeight> => {
          const tensor = weight.read();
          return { name: weight.originalName, shape: tensor.shape, values: await tensor.data() };
        }),
      ),
    })),
  );
  return buildHdf5((root) => {
    root.create_attribute('keras_version', kerasVersion);
    root.create_attribute('backend', 'tensorflow');
    root.create_attribute('model_config', JSON.stringify(config));
    const group = root.create_group('model_weights');
    group.create_attribute('keras_version', kerasVersion);
    group.create_attribute('backend', 'tensorflow');
    writeNames(
      group,
      'layer_names',
      layers.map(({ name }) => name),
    );
    for (const { name, weights } of layers) writeLayer(group.create_group(name), name, weights);
    writeNames(group.create_group('top_level_model_weights'), 'weight_names', []);
  });
}

function writeLayer(group: Group, layer: string, weights: readonly StoredWeight[]): void {
  const names = new Set<string>();
  for (const { name, shape, values } of weights) {
    const unique = names.has(`${name}:0`) ? `${layer}/${names.size}/${name}:0` : `${name}:0`;
    names.add(unique);
    makeGroups(group, unique);
    group.create_dataset({ name: unique, data: values, shape, dtype: dtypeOf(values) });
  }
  writeNames(group, 'weight_names', [...names]);
}

function dtypeOf(values: Float32Array | Int32Array | Uint8Array): string {
  if (values instanceof Float32Array) return '<f';
  return values instanceof Int32Array ? '<i' : '<B';
}

/** Makes the groups on the way to a dataset. */
function makeGroups(group: Group, path: string): void {
  const parts = path.split('/').slice(0, -1);
  for (let p = 1; p <= parts.length; p += 1) {
    const name = parts.slice(0, p).join('/');
    if (child(group, name) === undefined) group.create_group(name);
  }
}
