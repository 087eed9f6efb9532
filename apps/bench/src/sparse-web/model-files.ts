import { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Files } from './browser.js';

/** Puts a model's files into `folder`, and gives the address of its model.json. */
export async function addModelFiles(files: Files, folder: string, model: LayersModel): Promise<string> {
  await model.save(
    io.withSaveHandler(async ({ modelTopology, weightSpecs = [], weightData }) => {
      const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      const json = JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: manifest });
      files.set(`${folder}/model.json`, new TextEncoder().encode(json));
      files.set(`${folder}/weights.bin`, new Uint8Array(io.CompositeArrayBuffer.join(weightData)));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return `${folder}/model.json`;
}

/** Puts float32 values at an address, and gives that. */
export function addFloats(files: Files, address: string, values: Float32Array): string {
  files.set(address, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return address;
}
