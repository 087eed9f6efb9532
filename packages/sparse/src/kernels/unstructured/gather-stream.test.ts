import { expect, it } from 'vitest';
import { Weights } from '../../graph/weights.js';
import type { ConvolutionProblem } from '../convolution-problem.js';
import { gatherStream } from './gather-stream.js';

function problem(inChannels: number, outChannels: number, values: Float32Array): ConvolutionProblem {
  return {
    ...{ batch: 1, inHeight: 1, inWidth: 1, outHeight: 1, outWidth: 1, strideY: 1, strideX: 1 },
    ...{ inChannels, outChannels, filterHeight: 1, filterWidth: 1, dilationY: 1, dilationX: 1 },
    ...{ top: 0, left: 0, activation: { kind: 'linear' } },
    weights: new Weights(values, [1, 1, inChannels, outChannels]),
  };
}

it('puts one channel in each lane, those with few nonzeros first', () => {
  // Channel 0 has inputs 1 to 3, channel 1 none, channel 2 input 3, channel 3 and the lonely channel 4 all four.
  const weights = Float32Array.from(
    [
      [0, 0, 0, 30, 40],
      [1.001953125, 0, 0, 31, 41],
      [2, 0, 0, 32, 42],
      [3, 0, 23, 33, 43],
    ].flat(),
  );
  const { blocks, headers, groups, indexBytes, weightBytes } = gatherStream(problem(4, 5, weights));
  expect([groups, indexBytes, weightBytes]).toEqual([2, 2, 4]);
  expect([headers[0], headers[20], headers[40]]).toEqual([0, 96, 192]);
  expect([...headers.subarray(16, 20)]).toEqual([4, 8, 0, 12]);
  expect([...headers.subarray(36, 40)]).toEqual([16, 16, 16, 16]);
  const offsets = new Uint16Array(blocks.buffer);
  const values = new Float32Array(blocks.buffer);
  expect([...offsets.subarray(0, 8)]).toEqual([0, 12, 4, 0, 0, 0, 8, 4]);
  expect([...values.subarray(4, 12)]).toEqual([0, 23, 1.001953125, 30, 0, 0, 2, 31]);
  expect([...offsets.subarray(24, 32)]).toEqual([0, 0, 12, 8, 0, 0, 0, 12]);
  expect([...values.subarray(16, 24)]).toEqual([0, 0, 3, 32, 0, 0, 0, 33]);
  expect([...values.subarray(28, 36)]).toEqual([40, 40, 40, 40, 41, 41, 41, 41]);
});

it('keeps quantized weights in bytes', () => {
  const weights = Float32Array.of(0.5, 12.7, -0.25, 0.1);
  const { blocks, headers, weightBytes } = gatherStream(problem(2, 2, weights));
  expect(weightBytes).toBe(1);
  expect(headers[20]).toBe(24);
  expect([...new Float32Array(headers.buffer).subarray(12, 16)]).toEqual([
    0.25,
    ...Array.from({ length: 3 }, () => Math.fround(0.1)),
  ]);
  expect([...new Uint16Array(blocks.buffer).subarray(0, 8)]).toEqual([0, 0, 0, 0, 4, 4, 4, 4]);
  expect([...new Int8Array(blocks.buffer).subarray(16)]).toEqual([2, 127, 127, 127, -1, 1, 1, 1]);
});

it.each([
  [16_384, 2],
  [16_385, 4],
])('takes for %d inputs offsets of %d bytes', (inputs, bytes) => {
  const weights = new Float32Array(inputs);
  weights[inputs - 1] = 1;
  const { blocks, indexBytes } = gatherStream(problem(inputs, 1, weights));
  expect(indexBytes).toBe(bytes);
  const indices = bytes === 2 ? new Uint16Array(blocks.buffer) : new Uint32Array(blocks.buffer);
  expect(indices[0]).toBe(4 * (inputs - 1));
});
