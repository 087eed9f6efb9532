import { memory, randomUniform, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { sparsify } from './sparsify.js';

it('predictAsync gives what the model predicts, on any backend, and disposes all else', async () => {
  const model = sequential({
    layers: [
      layers.conv2d({ filters: 9, kernelSize: 3, activation: 'relu', inputShape: [12, 12, 3] }),
      layers.upSampling2d({ size: [2, 2], name: 'unknown' }),
      layers.maxPooling2d({ poolSize: 3 }),
      layers.flatten(),
      layers.dense({ units: 5, activation: 'tanh' }),
    ],
  });
  const sparse = await sparsify(model);
  expect(sparse.explain().find(({ layer }) => layer === 'unknown')?.runs).toBe('tfjs');
  const x = randomUniform([3, 12, 12, 3], -1, 1, 'float32', 5);
  const expected = tidy(() => model.predict(x) as Tensor);
  const wanted = await expected.data();
  const before = memory().numTensors;
  const outputs = await Promise.all([sparse.predictAsync(x), sparse.predictAsync(x, { batchSize: 2 })]);
  for (const output of outputs as Tensor[]) {
    expect(output.shape).toEqual([3, 5]);
    (await output.data()).forEach((value, index) => {
      expect(Math.abs(value - (wanted[index] as number))).toBeLessThan(1e-5);
    });
    output.dispose();
  }
  expect(memory().numTensors).toBe(before);
  for (const held of [x, expected, sparse, model]) held.dispose();
});
