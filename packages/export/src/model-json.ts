import type { io } from '@tensorflow/tfjs-core';
import { ExportError } from './export-error.js';
import type { Shard } from './shards.js';
import { byteLengthOf } from './weights-manifest.js';

/**
 * The text of a model.json: the fields of `artifacts`, and a manifest with one group of all weights. Without weight
 * data there is no manifest.
 */
export function modelJsonOf(
  artifacts: io.ModelArtifacts,
  data: io.WeightData | undefined,
  shards: readonly Pick<Shard, 'name'>[] | undefined,
  file: string,
): string {
  const { modelTopology, weightSpecs = [] } = artifacts;
  if (modelTopology instanceof ArrayBuffer) {
    throw new ExportError(`${file}: the model's topology is binary; only a JSON topology can be saved`, {
      file,
    });
  }
  if (data !== undefined) checkBytes(weightSpecs, data, file);
  return JSON.stringify({
    modelTopology,
    format: artifacts.format,
    generatedBy: artifacts.generatedBy,
    convertedBy: artifacts.convertedBy,
    ...(data !== undefined && {
      weightsManifest: [{ paths: (shards ?? []).map(({ name }) => name), weights: weightSpecs }],
    }),
    signature: artifacts.signature,
    userDefinedMetadata: artifacts.userDefinedMetadata,
    modelInitializer: artifacts.modelInitializer,
    initializerSignature: artifacts.initializerSignature,
    trainingConfig: artifacts.trainingConfig,
  });
}

function checkBytes(specs: readonly io.WeightsManifestEntry[], data: io.WeightData, file: string): void {
  const expected = byteLengthOf(specs, file);
  const bytes = (Array.isArray(data) ? data : [data]).reduce(
    (total, { byteLength }) => total + byteLength,
    0,
  );
  if (expected === undefined || expected === bytes) return;
  throw new ExportError(`${file}: the model's weights take ${expected} bytes, but its data has ${bytes}`, {
    file,
  });
}
