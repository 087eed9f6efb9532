import type { ConvolutionProblem } from './convolution-problem.js';
/** Expected nanoseconds. */
export function denseCost({ weights, outHeight, outWidth, batch }: ConvolutionProblem): number {
  return (weights.values.length * batch * outHeight * outWidth * 2) / 45;
}
