import { randomUniform, type Tensor } from '@tensorflow/tfjs-core';
import { initializers, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { channelsFirst } from './layouts.js';
import { maxRelError } from './max-rel-error.js';
import { onnxOf } from './onnx-model.js';
import { ortSession } from './ort.js';

const random = (seed: number, minval = -1) => initializers.randomUniform({ minval, maxval: 1, seed });

const norm = (seed: number) =>
  layers.batchNormalization({
    gammaInitializer: random(seed),
    betaInitializer: random(seed + 1),
    movingMeanInitializer: random(seed + 2),
    movingVarianceInitializer: random(seed + 3, 0.1),
  });

/** All that MobileNetV1 is made of, small. */
const small = () =>
  sequential({
    layers: [
      layers.zeroPadding2d({
        inputShape: [9, 12, 3],
        padding: [
          [0, 1],
          [2, 0],
        ],
      }),
      layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, useBias: false, kernelInitializer: random(1) }),
      norm(2),
      layers.reLU({ maxValue: 1 }),
      layers.depthwiseConv2d({
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        depthwiseInitializer: random(6),
        biasInitializer: random(7),
      }),
      norm(8),
      layers.reLU({ maxValue: 6 }),
      layers.conv2d({ filters: 5, kernelSize: 1, useBias: false, kernelInitializer: random(12) }),
      norm(13),
      layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
      layers.reshape({ targetShape: [1, 1, 5] }),
      layers.dropout({ rate: 0.5 }),
      layers.conv2d({
        filters: 6,
        kernelSize: 1,
        kernelInitializer: random(17),
        biasInitializer: random(18),
      }),
      layers.reshape({ targetShape: [6] }),
      layers.activation({ activation: 'softmax' }),
    ],
  });

describe('onnxOf', () => {
  it('gives ONNX Runtime a network that computes the same', async () => {
    const model: LayersModel = small();
    const image = randomUniform([1, 9, 12, 3], -1, 1, 'float32', 1);
    const output = model.predict(image) as Tensor;
    const session = await ortSession(ort, await onnxOf(model), [1, 3, 9, 12]);
    const actual = await session.run(channelsFirst((await image.data()) as Float32Array, [9, 12, 3]));
    expect(maxRelError(actual, (await output.data()) as Float32Array)).toBeLessThan(1e-6);
    await session.release();
    for (const tensor of [image, output]) tensor.dispose();
    model.dispose();
  });

  it('refuses what it does not know', async () => {
    const model = sequential({ layers: [layers.maxPooling2d({ name: 'pool', inputShape: [4, 4, 1] })] });
    await expect(onnxOf(model)).rejects.toThrow('no ONNX for the layer pool, MaxPooling2D');
  });
});
