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

it('fills blocks of eight with zeros', () => {
  const weights = new Float32Array(10 * 2);
  for (let input = 1; input < 10; input += 1) weights[2 * input] = input;
  const { blocks, headers, indexBytes } = gatherStream(problem(10, 2, weights));
  expect(indexBytes).toBe(2);
  expect([headers[0], headers[4], headers[8]]).toEqual([0, 96, 96]);
  const indices = new Uint16Array(blocks.buffer);
  const values = new Float32Array(blocks.buffer);
  expect([...indices.subarray(0, 8)]).toEqual([4, 8, 12, 16, 20, 24, 28, 32]);
  expect([...values.subarray(4, 12)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect([...indices.subarray(24, 32)]).toEqual([36, 0, 0, 0, 0, 0, 0, 0]);
  expect([...values.subarray(16, 24)]).toEqual([9, 0, 0, 0, 0, 0, 0, 0]);
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
