import type { ConvolutionKernel } from './convolution-kernel.js';
import { isPointwise } from './convolution-problem.js';
import { lowerPointwise } from './unstructured/pointwise.js';
import { groupCount, lowerPointwiseGroups } from './unstructured/pointwise-groups.js';
import { lowerWindowed } from './unstructured/windowed.js';

/**
 * Any convolution, by its nonzero weights alone: activations are transposed so that each channel's positions are next to each
 * other, and a weight is multiplied with many of them at once.
 */
export const unstructured: ConvolutionKernel = {
  name: 'unstructured',
  cost(problem) {
    const { batch, outHeight, outWidth, inHeight, inWidth, inChannels, outChannels, weights } = problem;
    const positions = batch * outHeight * outWidth;
    const transposed = batch * inHeight * inWidth * inChannels + positions * outChannels;
    return 500 + 0.07 * weights.nonZeros * Math.max(8, positions) + 0.35 * transposed;
  },
  lower(problem, x, y, lowering) {
    const isAlone = isPointwise(problem) && problem.inWidth === problem.outWidth;
    if (!isAlone) lowerWindowed(problem, x, y, lowering);
    else if (groupCount(problem) > 1) lowerPointwiseGroups(problem, x, y, lowering);
    else lowerPointwise(problem, x, y, lowering);
  },
};
