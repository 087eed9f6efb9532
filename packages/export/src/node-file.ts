import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { io } from '@tensorflow/tfjs-core';
import { asExportError, ExportError } from './export-error.js';
import { isObject, type JsonObject, parseJsonObject } from './json.js';
import { replaceModel } from './model-folder.js';
import { modelJsonOf } from './model-json.js';
import { findShard, MissingShard, readInto } from './shard-files.js';
import { shardsOf } from './shards.js';
import { checkStrings } from './string-weights.js';
import { type ManifestGroup, readManifest } from './weights-manifest.js';

/** Options of {@link nodeFile}. */
export interface NodeFileOptions {
  /** The largest shard, in bytes: a positive integer. Default: 4 MiB, as the TensorFlow.js converter. */
  readonly shardBytes?: number;
  /** The largest model.json that is read, in bytes: a positive integer. Default: 256 MiB. */
  readonly maxJsonBytes?: number;
}

/** A handler that both saves and loads. */
export interface NodeFileHandler extends io.IOHandler {
  /** Writes the model: the whole of it, or nothing. */
  save(artifacts: io.ModelArtifacts): Promise<io.SaveResult>;
  /** Reads the model. */
  load(): Promise<io.ModelArtifacts>;
}

/**
 * Saves a model to, and loads it from, a folder of this machine: `model.json` and binary shards, the format that every
 * TensorFlow.js opens. Node only.
 *
 * `path` is the JSON file when it ends in `.json`, otherwise a folder that holds, or will hold, `model.json`. The
 * folder is made when it isn't there. Layers models and graph models both load; the optimizer is saved with
 * `model.save(handler, { includeOptimizer: true })`.
 *
 * A save is atomic: a process killed at any moment leaves the old model or the new one, whole, and what it did not get
 * to remove is removed by the next save. One that fails leaves the old model. Saves to one path queue up within a
 * process; two processes should not save to one path at the same time.
 *
 * A load trusts nothing in the files: paths that leave the folder, weights that don't fill their shards to the byte,
 * unknown dtypes and the like are errors that name the file and the field.
 *
 * @throws ExportError for a wrong option, a model that can't be written and a file that can't be read.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers';
 * import { nodeFile } from '@secateur/export/node';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'model-'));
 * const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
 * await model.save(nodeFile(folder));
 * const loaded = await loadLayersModel(nodeFile(join(folder, 'model.json')));
 * console.log(loaded.countParams()); // 8
 * ```
 */
export function nodeFile(path: string, options: NodeFileOptions = {}): NodeFileHandler {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new ExportError(`path is ${JSON.stringify(path)}; it must be a file or folder name`, {
      option: 'path',
      value: path,
    });
  }
  const { shardBytes = 4 * 2 ** 20, maxJsonBytes = 256 * 2 ** 20 } = options;
  checkPositive('shardBytes', shardBytes);
  checkPositive('maxJsonBytes', maxJsonBytes);
  const jsonPath = path.endsWith('.json') ? path : join(path, 'model.json');
  return {
    async save(artifacts) {
      try {
        const data = await weightDataOf(artifacts);
        const shards = data === undefined ? undefined : shardsOf(data, shardBytes);
        const json = modelJsonOf(artifacts, data, shards, jsonPath);
        await replaceModel(jsonPath, new TextEncoder().encode(json), shards ?? []);
      } catch (error) {
        throw asExportError(error, `${jsonPath} could not be saved`, jsonPath);
      }
      return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) };
    },
    async load() {
      try {
        return await load(jsonPath, maxJsonBytes);
      } catch (error) {
        throw asExportError(error, `${jsonPath} could not be loaded`, jsonPath);
      }
    },
  };
}

async function weightDataOf(artifacts: io.ModelArtifacts): Promise<io.WeightData | undefined> {
  if (artifacts.weightData !== undefined || artifacts.getWeightStream === undefined)
    return artifacts.weightData;
  const reader = artifacts.getWeightStream().getReader();
  const buffers: ArrayBuffer[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) buffers.push(next.value);
  return buffers;
}

/** A save may replace the model between our reading its JSON and its shards: then the next try finds the new one. */
async function load(jsonPath: string, maxJsonBytes: number, tries = 10): Promise<io.ModelArtifacts> {
  try {
    return await read(await readText(jsonPath, maxJsonBytes), jsonPath);
  } catch (error) {
    if (!(error instanceof MissingShard)) throw error;
    if (tries > 1) return load(jsonPath, maxJsonBytes, tries - 1);
    throw new ExportError(`${jsonPath} names the weights file '${error.message}', which isn't there`, {
      file: jsonPath,
      option: 'paths',
      value: error.message,
    });
  }
}

async function read(text: string, jsonPath: string): Promise<io.ModelArtifacts> {
  const json = parseJsonObject(text, jsonPath);
  checkFields(json, jsonPath);
  const groups =
    json.weightsManifest === undefined ? undefined : readManifest(json.weightsManifest, jsonPath);
  return io.getModelArtifactsForJSON(
    json as unknown as io.ModelJSON,
    async (): Promise<[io.WeightsManifestEntry[], ArrayBuffer]> => [
      (groups ?? []).flatMap(({ weights }) => weights),
      await readWeights(groups ?? [], jsonPath),
    ],
  );
}

/** Checks the fields that the loaders of tfjs rely on. */
function checkFields(json: JsonObject, jsonPath: string): void {
  const expect = (field: string, ok: boolean, allowed: string): void => {
    if (ok) return;
    throw new ExportError(`${jsonPath}: ${field} must be ${allowed}`, {
      file: jsonPath,
      option: field,
      value: json[field],
    });
  };
  expect('modelTopology', isObject(json.modelTopology), 'an object');
  for (const field of ['trainingConfig', 'signature', 'userDefinedMetadata', 'modelInitializer']) {
    expect(field, json[field] == null || isObject(json[field]), 'an object');
  }
  for (const field of ['format', 'generatedBy', 'convertedBy']) {
    expect(field, json[field] == null || typeof json[field] === 'string', 'a string');
  }
}

/** Reads all shards into one buffer, each straight into its place. */
async function readWeights(groups: readonly ManifestGroup[], jsonPath: string): Promise<ArrayBuffer> {
  const folder = dirname(jsonPath);
  const found: { group: ManifestGroup; files: Awaited<ReturnType<typeof findShard>>[]; bytes: number }[] = [];
  for (const [g, group] of groups.entries()) {
    const files: Awaited<ReturnType<typeof findShard>>[] = [];
    for (const path of group.paths) files.push(await findShard(folder, path, jsonPath));
    const bytes = files.reduce((total, file) => total + file.byteLength, 0);
    if (group.byteLength !== undefined && group.byteLength !== bytes) {
      throw new ExportError(
        `${jsonPath}: the weights of group ${g + 1} take ${group.byteLength} bytes, but its files hold ${bytes}`,
        { file: jsonPath, option: `weightsManifest[${g}]` },
      );
    }
    found.push({ group, files, bytes });
  }
  const all = new Uint8Array(found.reduce((total, { bytes }) => total + bytes, 0));
  let position = 0;
  for (const { group, files, bytes } of found) {
    const start = position;
    for (const file of files) {
      await readInto(all.subarray(position, position + file.byteLength), file);
      position += file.byteLength;
    }
    if (group.byteLength === undefined) checkStrings(group, all.subarray(start, start + bytes), jsonPath);
  }
  return all.buffer;
}

async function readText(path: string, maxBytes: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > maxBytes) {
      throw new ExportError(`${path} has ${size} bytes, more than maxJsonBytes (${maxBytes})`, {
        file: path,
        option: 'maxJsonBytes',
        value: maxBytes,
      });
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile());
  } finally {
    await file.close();
  }
}

function checkPositive(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new ExportError(`${option} is ${String(value)}; it must be a positive integer`, { option, value });
}
