import type { ConvolutionProblem } from './convolution-problem.js';

export function tfjsCost({ batch, outHeight, outWidth, weights }: ConvolutionProblem): number {
  return 8000 + (2 * batch * outHeight * outWidth * weights.values.length) / 27;
}
