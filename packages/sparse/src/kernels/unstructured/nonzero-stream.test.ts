import { expect, it } from 'vitest';
import { Weights } from '../../graph/weights.js';
import type { ConvolutionProblem } from '../convolution-problem.js';
import { nonzeroStream } from './nonzero-stream.js';

const size = { batch: 1, inHeight: 1, inWidth: 4, outHeight: 1, outWidth: 4, strideY: 1, strideX: 1 };
const problem: ConvolutionProblem = {
  ...size,
  ...{
    inChannels: 3,
    outChannels: 3,
    filterHeight: 1,
    filterWidth: 1,
    dilationY: 1,
    dilationX: 1,
    top: 0,
    left: 0,
  },
  weights: new Weights(
    Float32Array.from(
      [
        [1, 0, 2],
        [3, 0, 0],
        [4, 0, 5],
      ].flat(),
    ),
    [1, 1, 3, 3],
  ),
  bias: Float32Array.of(0.5, 0.25, -1),
  activation: { kind: 'prelu', slopes: Float32Array.of(10, 20, 30) },
};
const layout = { tapOffset: () => 4, inStride: 16, outStride: 32 };

/** Rows of [offset of the output, bias, slope, ...pairs of weight and offset of the input]. */
function rowsOf(words: Int32Array): number[][] {
  const floats = new Float32Array(words.buffer);
  const rows: number[][] = [];
  let at = 0;
  while (at < words.length) {
    const row = [words[at + 2] ?? 0, floats[at + 1] ?? 0, floats[at + 3] ?? 0];
    const end = at + 4 + (words[at] ?? 0) / 4;
    for (at += 4; at < end; at += 2) row.push(floats[at] ?? 0, words[at + 1] ?? 0);
    rows.push(row);
  }
  return rows;
}

it('lists output channels by their count of nonzeros, every second one backwards', () => {
  const words = nonzeroStream(problem, layout);
  expect(rowsOf(words)).toEqual([
    [32, 0.25, 20],
    [64, -1, 30, 5, 36, 2, 4],
    [0, 0.5, 10, 1, 4, 3, 20, 4, 36],
  ]);
});

it('lists some input channels, from the first of them on', () => {
  const words = nonzeroStream(problem, layout, { from: 1, to: 3 });
  expect(rowsOf(words)).toEqual([
    [32, 0.25, 20],
    [64, -1, 30, 5, 20],
    [0, 0.5, 10, 3, 4, 4, 20],
  ]);
});
