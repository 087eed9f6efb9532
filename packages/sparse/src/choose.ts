import { block4, block8 } from './kernels/block-sparse.js';
import type { ConvolutionKernel } from './kernels/convolution-kernel.js';
import type { ConvolutionProblem } from './kernels/convolution-problem.js';
import { dense } from './kernels/dense.js';
import { unstructured } from './kernels/unstructured.js';
import { gather } from './kernels/unstructured-gather.js';
import { SparseError } from './sparse-error.js';

/** All ways to compute a convolution. @internal */
export const convolutionKernels: readonly ConvolutionKernel[] = [unstructured, gather, block4, block8, dense];

/** A kernel and its expected time. */
export interface Candidate {
  readonly kernel: ConvolutionKernel;
  /** Nanoseconds. */
  readonly cost: number;
}

/** The kernels that can compute a convolution, the one of least expected time first. */
export function candidates(problem: ConvolutionProblem): readonly Candidate[] {
  return convolutionKernels
    .flatMap((kernel) => {
      const cost = kernel.cost(problem);
      return cost === undefined ? [] : [{ kernel, cost }];
    })
    .sort((a, b) => a.cost - b.cost);
}

/** The kernel of least expected time. */
export function cheapest(problem: ConvolutionProblem): ConvolutionKernel {
  const [best] = candidates(problem);
  if (best === undefined) throw new SparseError('no kernel computes this convolution', { value: problem });
  return best.kernel;
}

/** The kernel that skips no zeros. */
export function denseKernel(problem: ConvolutionProblem): ConvolutionKernel {
  const dense = candidates(problem).find(({ kernel }) => kernel.name === 'dense');
  if (dense === undefined)
    throw new SparseError('no dense kernel computes this convolution', { value: problem });
  return dense.kernel;
}
