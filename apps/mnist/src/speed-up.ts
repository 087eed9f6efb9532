import type { io, Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** What it takes of TensorFlow.js: the union package, or functions of its packages. */
export interface TensorFlow {
  readonly loadLayersModel: (source: string | io.IOHandler) => Promise<LayersModel>;
  readonly randomUniform: (
    shape: [number, number],
    min: number,
    max: number,
    dtype: 'float32',
    seed: number,
  ) => Tensor;
}

/**
 * The time that a saved model takes to predict 100 images on the current backend, over the time of a smaller one: the median
 * of ratios taken in turns, so that what else the machine does falls on both. Its text also runs in a page of a browser:
 * everything it needs comes as a parameter.
 */
export async function speedUpOf<Source extends string | io.IOHandler>(
  tf: TensorFlow,
  sources: { readonly dense: Source; readonly shrunk: Source },
): Promise<number> {
  const batchSize = 100;
  const warmUps = 3;
  const rounds = 25;
  const milliseconds = 10;
  const dense = await tf.loadLayersModel(sources.dense);
  const shrunk = await tf.loadLayersModel(sources.shrunk);
  const images = tf.randomUniform([batchSize, 784], 0, 1, 'float32', 1);

  const predict = async (model: LayersModel, times: number) => {
    const start = performance.now();
    for (let time = 0; time < times; time++) {
      const scores = model.predict(images, { batchSize }) as Tensor;
      await scores.data(); // a backend may compute later than it returns
      scores.dispose();
    }
    return performance.now() - start;
  };
  await predict(shrunk, warmUps);
  await predict(dense, warmUps);
  const times = Math.ceil(milliseconds / (await predict(dense, 1)));
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ratios.push((await predict(dense, times)) / (await predict(shrunk, times)));
  }

  images.dispose();
  for (const model of [dense, shrunk]) {
    model.optimizer?.dispose();
    model.dispose();
  }
  return ratios.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number;
}
