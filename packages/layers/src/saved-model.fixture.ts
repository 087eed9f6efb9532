import { io } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';

/** What a file would hold: plain JSON and bytes. */
export async function save(model: LayersModel): Promise<io.ModelArtifacts> {
  let saved: io.ModelArtifacts = {};
  const handler = io.withSaveHandler(async (artifacts) => {
    saved = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
  await model.save(handler, { includeOptimizer: true });
  const { weightData, ...json } = saved;
  return { ...JSON.parse(JSON.stringify(json)), weightData };
}

/** The stock loader. */
export function load(artifacts: io.ModelArtifacts): Promise<LayersModel> {
  return loadLayersModel(io.fromMemory(artifacts));
}
