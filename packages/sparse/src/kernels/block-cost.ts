import { inputLayout } from './block-layout.js';
import { channelGroups, tileRuns, vectorsFor } from './block-tiles.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/**
 * What the parts of a convolution by tiles take, in nanoseconds: a tile of some rows of channels, and each of those rows; the
 * weights of one input in a row, and each vector of outputs that they are added to; a byte of weights, or of x, beyond the second-level cache.
 */
export type TileTimes = readonly [
  tile: number,
  row: number,
  input: number,
  vector: number,
  farWeight: number,
  farInput: number,
];

/**
 * Expected nanoseconds of blocks of so many vectors, or without of all weights. The times are fitted to the fastest of twelve
 * rounds of 591 convolutions of all shapes: eight of ten took 0.93 to 1.15 times as long as this says.
 */
export function tilesCost(
  problem: ConvolutionProblem,
  block: number | undefined,
  [tile, row, input, vector, farWeight, farInput]: TileTimes,
): number {
  const { batch, inHeight, inWidth, inChannels, outChannels, weights } = problem;
  const { isInside, axes, height, line } = inputLayout(problem);
  const vectors = vectorsFor(problem, block);
  const rows = Math.ceil(outChannels / (4 * vectors));
  const inputs = weights.values.length / outChannels;
  const perRow = block === undefined ? inputs : weights.blocks(4 * block) / rows;
  // Of sixteen inputs, a cache line, some are taken by some row, unless the weights are very sparse.
  const touched = 1 - (1 - perRow / Math.max(1, inputs)) ** (16 * rows);
  const copied = isInside ? 0 : batch * height * line;
  let cost =
    21 +
    (copied && 5.6 * batch * height + 0.0065 * copied) +
    far(copied, 0.01) +
    far(perRow * rows * (16 * vectors + 4), farWeight) +
    far(4 * touched * batch * inHeight * inWidth * inChannels, farInput);
  for (const group of channelGroups(outChannels, vectors)) {
    for (const { xOffsets, tiles } of tileRuns(axes, group.vectors))
      cost +=
        tiles * (tile + group.rows * (row + perRow * (input + vector * xOffsets.length * group.vectors)));
  }
  return cost;
}

/** What reading takes longer beyond the second-level cache, at some nanoseconds a byte. */
function far(bytes: number, perByte: number): number {
  return perByte * Math.max(0, bytes - 700_000);
}
