import type { ConvolutionKernel } from './convolution-kernel.js';
import { isPointwise } from './convolution-problem.js';
import { pointwiseCost, windowedCost } from './unstructured/cost.js';
import { lowerPointwise } from './unstructured/pointwise.js';
import { lowerWindowed } from './unstructured/windowed.js';

/**
 * Any convolution, by its nonzero weights alone: activations are transposed so that each channel's positions are next to each
 * other, and a weight is multiplied with many of them at once.
 */
export const unstructured: ConvolutionKernel = {
  name: 'unstructured',
  cost: (problem) => (isPointwise(problem) ? pointwiseCost(problem) : windowedCost(problem)),
  lower(problem, x, y, lowering) {
    const lower = isPointwise(problem) ? lowerPointwise : lowerWindowed;
    lower(problem, x, y, lowering);
  },
};
