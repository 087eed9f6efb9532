import type { TileShape } from './block-plan.js';
import { workOf } from './block-work.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** What the parts of a convolution by tiles take, in nanoseconds. */
export interface TileTimes {
  /** A tile of some rows of channels, and each of those rows. */
  readonly tile: number;
  readonly row: number;
  /** The weights of one input in a row, and each vector of outputs that they are added to. */
  readonly input: number;
  readonly vector: number;
}

/** Fitted to the fastest of twelve rounds of 591 convolutions of all shapes: eight of ten took 0.93 to 1.15 times as long as this says. */
const blockTimes: readonly TileTimes[] = [
  { tile: 4.3, row: 1.25, input: 0.137, vector: 0.139 },
  { tile: 3.9, row: 1.45, input: 0.174, vector: 0.113 },
];

/** Expected nanoseconds of blocks of so many vectors. */
export function blockCost(problem: ConvolutionProblem, shape: TileShape, vectors: 1 | 2): number {
  const { weights, outChannels } = problem;
  const blocks = weights.blocks(4 * vectors);
  const rows = Math.ceil(outChannels / (4 * vectors));
  const inputs = weights.values.length / outChannels;
  // Of sixteen inputs, a cache line, some are taken by some row, unless the weights are very sparse.
  const touched = 1 - (1 - blocks / Math.max(1, rows * inputs)) ** (16 * rows);
  const tiles = tilesCost(problem, shape, blocks / rows, blockTimes[vectors - 1] as TileTimes);
  return (
    tiles +
    cacheCost(blocks * (16 * vectors + 4), 0.002) +
    cacheCost(4 * touched * inputFloats(problem), 0.004)
  );
}

/** Expected nanoseconds of tiles whose rows take the weights of so many inputs. */
export function tilesCost(
  problem: ConvolutionProblem,
  shape: TileShape,
  inputs: number,
  times: TileTimes,
): number {
  const { tiles, copiedRows, copiedFloats } = workOf(problem, shape);
  let sum = 21 + 5.6 * copiedRows + 0.026 * copiedFloats + cacheCost(4 * copiedFloats, 0.01);
  for (const { positions, vectors, tiles: count, rows } of tiles) {
    const row = times.row + inputs * (times.input + times.vector * positions * vectors);
    sum += count * (times.tile + rows * row);
  }
  return sum;
}

/** What reading takes longer beyond the second-level cache, at some nanoseconds a byte. */
export function cacheCost(bytes: number, perByte: number): number {
  return perByte * Math.max(0, bytes - 700_000);
}

/** Floats of x. */
export function inputFloats({ batch, inHeight, inWidth, inChannels }: ConvolutionProblem): number {
  return batch * inHeight * inWidth * inChannels;
}
