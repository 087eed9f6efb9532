import type { ConvolutionKernel } from './convolution-kernel.js';
import { isPointwise } from './convolution-problem.js';
import { gatherStream } from './unstructured/gather-stream.js';
import { gatherKernel } from './unstructured/write-gather.js';

/** Products with few rows, by nonzero weights: what each of them is multiplied with is gathered. */
export const gather: ConvolutionKernel = {
  name: 'gather',
  cost(problem) {
    if (!isPointwise(problem)) return undefined;
    const { batch, outWidth, outChannels, weights } = problem;
    return 15 + batch * outWidth * (0.192 * weights.nonZeros + 0.7 * outChannels);
  },
  lower(problem, x, y, lowering) {
    const { batch, outWidth, inChannels, outChannels, activation } = problem;
    const { blocks, headers, groups, ...format } = gatherStream(problem);
    lowering.step(
      gatherKernel(lowering, format, activation),
      [
        ...[x, y, lowering.constant(headers), lowering.constant(blocks)],
        ...[4 * inChannels, 4 * outChannels, batch * outWidth],
      ],
      groups,
    );
  },
};
