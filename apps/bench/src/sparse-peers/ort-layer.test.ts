import { add, conv2d, matMul, relu, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { maxRelError } from './max-rel-error.js';
import { layerTimes, ortConvolution, ortDense } from './ort-layer.js';

/** Numbers in [-1, 1] without a pattern. */
const numbers = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, index) => Math.sin(seed + 1000 * Math.sin(index + seed)));

async function valuesOf(compute: () => Tensor): Promise<Float32Array> {
  const result = tidy(compute);
  const values = (await result.data()) as Float32Array;
  result.dispose();
  return values;
}

describe('ortConvolution', () => {
  it.each([
    { height: 5, width: 4, inputs: 3, outputs: 7, kernelSize: 3, relu: true },
    { height: 2, width: 6, inputs: 8, outputs: 2, kernelSize: 1, relu: false },
    { height: 6, width: 6, inputs: 1, outputs: 2, kernelSize: 4, relu: false },
  ])('computes what tfjs does: %j', async (layer) => {
    const { height, width, inputs, outputs, kernelSize } = layer;
    const x = numbers(height * width * inputs, 1);
    const kernel = numbers(kernelSize * kernelSize * inputs * outputs, 2);
    const bias = numbers(outputs, 3);
    const expected = await valuesOf(() => {
      const image = tensor(x, [height, width, inputs]).as3D(height, width, inputs);
      const filter = tensor(kernel).as4D(kernelSize, kernelSize, inputs, outputs);
      const y = add(conv2d(image, filter, 1, 'same'), bias);
      return layer.relu ? relu(y) : y;
    });
    const peer = await ortConvolution({ ...layer, kernel, bias });
    expect(maxRelError(await peer.run(x), expected)).toBeLessThan(1e-6);
    await peer.single();
    await peer.chain();
    await peer.release();
  });
});

describe('ortDense', () => {
  it.each([
    { batch: 1, inputs: 9, outputs: 4, relu: false },
    { batch: 3, inputs: 2, outputs: 11, relu: true },
  ])('computes what tfjs does: %j', async (layer) => {
    const { batch, inputs, outputs } = layer;
    const x = numbers(batch * inputs, 1);
    const kernel = numbers(inputs * outputs, 2);
    const bias = numbers(outputs, 3);
    const expected = await valuesOf(() => {
      const y = add(matMul(tensor(x, [batch, inputs]), tensor(kernel, [inputs, outputs])), bias);
      return layer.relu ? relu(y) : y;
    });
    const peer = await ortDense({ ...layer, kernel, bias });
    expect(maxRelError(await peer.run(x), expected)).toBeLessThan(1e-6);
    await peer.single();
    await peer.chain();
    await peer.release();
  });
});

describe('layerTimes', () => {
  it('is a quarter of what four more layers take', () => {
    expect(layerTimes([3, 5], [11, 5.5])).toEqual([2, 0.125]);
  });
});
