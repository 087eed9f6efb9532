import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { asExportError } from './export-error.js';
import { modelJsonOf } from './model-json.js';

/** Bytes, as they are and compressed. */
export interface Sizes {
  /** Bytes as they are. */
  readonly raw: number;
  /** gzip at level 9. */
  readonly gzip: number;
  /** Brotli at level 11, window of 16 MiB. */
  readonly brotli: number;
}

/** The bytes of a saved model, and of its two parts. */
export interface ModelSizes extends Sizes {
  /** The weights as they are stored, one after another, before they are cut into shards. */
  readonly weights: Sizes;
  /** The model.json without shard names: topology, names and shapes of the weights, metadata. */
  readonly topology: Sizes;
}

/** How two sizes compare. */
export interface SizeComparison {
  /** Bytes of the dense model. */
  readonly dense: Sizes;
  /** Bytes of the pruned model. */
  readonly pruned: Sizes;
  /** Dense over pruned: 3 means a third of the bytes. */
  readonly ratio: Sizes;
}

/**
 * The bytes that a model takes when it is saved as model.json and shards: raw, gzip -9 and Brotli 11. Node only.
 *
 * The weights and the JSON are compressed each on its own, as a server would send them, and added up. The optimizer is
 * not counted unless `model` is artifacts that hold it. Zeros only pay off compressed: strip a pruned model first, or
 * its masks are counted too.
 *
 * @throws ExportError if the model can't be saved.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { modelSize } from '@secateur/export/node';
 *
 * const model = sequential({ layers: [layers.dense({ units: 10, inputShape: [100], kernelInitializer: 'zeros' })] });
 * const { weights } = await modelSize(model);
 * console.log(weights.raw, weights.gzip < 100); // 4040 true
 * ```
 */
export async function modelSize(model: Pick<LayersModel, 'save'> | io.ModelArtifacts): Promise<ModelSizes> {
  const artifacts = 'save' in model ? await artifactsOf(model) : model;
  const data = artifacts.weightData ?? [];
  const bytes = await new Blob(Array.isArray(data) ? data : [data]).arrayBuffer();
  const json = modelJsonOf(artifacts, artifacts.weightData, [], 'the model');
  const weights = await sizesOf(new Uint8Array(bytes));
  const topology = await sizesOf(new TextEncoder().encode(json));
  return {
    raw: weights.raw + topology.raw,
    gzip: weights.gzip + topology.gzip,
    brotli: weights.brotli + topology.brotli,
    weights,
    topology,
  };
}

/**
 * The bytes of a file, as it is and compressed whole: for an .h5 the figure that tfmot's guides give. Node only.
 *
 * @throws ExportError if the file can't be read.
 *
 * @example
 * ```ts
 * import { fileSize } from '@secateur/export/node';
 *
 * const { raw, gzip } = await fileSize('package.json');
 * console.log(raw > 0, gzip > 0); // true true
 * ```
 */
export async function fileSize(path: string): Promise<Sizes> {
  try {
    return await sizesOf(await readFile(path));
  } catch (error) {
    throw asExportError(error, `${path} could not be measured`, path);
  }
}

/**
 * Holds the sizes of a pruned model against those of the dense one.
 *
 * @example
 * ```ts
 * import { compareSizes } from '@secateur/export/node';
 *
 * const dense = { raw: 400, gzip: 300, brotli: 280 };
 * const pruned = { raw: 400, gzip: 100, brotli: 70 };
 * console.log(compareSizes(dense, pruned).ratio); // { raw: 1, gzip: 3, brotli: 4 }
 * ```
 */
export function compareSizes(dense: Sizes, pruned: Sizes): SizeComparison {
  return {
    dense,
    pruned,
    ratio: {
      raw: dense.raw / pruned.raw,
      gzip: dense.gzip / pruned.gzip,
      brotli: dense.brotli / pruned.brotli,
    },
  };
}

async function artifactsOf(model: Pick<LayersModel, 'save'>): Promise<io.ModelArtifacts> {
  let saved: io.ModelArtifacts = {};
  await model.save(
    io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) };
    }),
  );
  return saved;
}

const gzipped = promisify(gzip);
const brotlied = promisify(brotliCompress);

async function sizesOf(bytes: Uint8Array): Promise<Sizes> {
  const [gz, br] = await Promise.all([
    gzipped(bytes, { level: 9 }),
    brotlied(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_LGWIN]: 24,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
      },
    }),
  ]);
  return { raw: bytes.byteLength, gzip: gz.byteLength, brotli: br.byteLength };
}
