import type { ConvolutionProblem } from './convolution-problem.js';
/** Expected nanoseconds of blocks of so many vectors. */
export function blockCost(
  { weights, outHeight, outWidth, batch }: ConvolutionProblem,
  vectors: number,
): number {
  return (weights.blocks(4 * vectors) * vectors * batch * outHeight * outWidth * 8) / 50;
}
