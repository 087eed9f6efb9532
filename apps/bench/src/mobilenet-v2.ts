import { io } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { MobileNetV2Model } from 'nsfwjs/models/mobilenet_v2';

/** The files of a model, each a module: the JSON, and the weights as base64. */
interface ModelModules {
  readonly modelJson: () => Promise<{ readonly default: io.ModelJSON }>;
  readonly weightBundles: readonly (() => Promise<{ readonly default: string }>)[];
}

/** The pretrained MobileNetV2 of npm `nsfwjs`: images of 224x224, 5 classes, 2.6 million parameters stored in 8 bits. */
export async function mobilenetV2(): Promise<LayersModel> {
  const { modelJson, weightBundles }: ModelModules = MobileNetV2Model;
  const { default: json } = await modelJson();
  const bundles = await Promise.all(weightBundles.map((load) => load()));
  const { buffer } = Uint8Array.from(
    Buffer.concat(bundles.map((bundle) => Buffer.from(bundle.default, 'base64'))),
  );
  return loadLayersModel(
    io.fromMemory({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights),
      weightData: buffer,
    }),
  );
}
