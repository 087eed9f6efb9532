import { type TileTimes, tilesCost } from './block-cost.js';
import { lowerTiles } from './block-plan.js';
import type { ConvolutionKernel } from './convolution-kernel.js';

/** A kernel for blocks of so many vectors of output channels of one input; or, without, for all weights. */
export function tilesKernel(name: string, block: number | undefined, times: TileTimes): ConvolutionKernel {
  return {
    name,
    cost: (problem) => tilesCost(problem, block, times),
    lower: (problem, x, y, lowering) => lowerTiles(problem, block, x, y, lowering),
  };
}
