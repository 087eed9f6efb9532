import { cacheCost, inputFloats, type TileTimes, tilesCost } from './block-cost.js';
import type { TileShape } from './block-plan.js';
import type { ConvolutionProblem } from './convolution-problem.js';

const times: TileTimes = { tile: 3.9, row: 0.89, input: 0.179, vector: 0.111 };

/** Expected nanoseconds of all weights. */
export function denseCost(problem: ConvolutionProblem, shape: TileShape): number {
  const { weights, outChannels } = problem;
  const tiles = tilesCost(problem, shape, weights.values.length / outChannels, times);
  return tiles + cacheCost(4 * weights.values.length, 0.003) + cacheCost(4 * inputFloats(problem), 0.002);
}
