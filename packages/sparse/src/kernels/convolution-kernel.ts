import type { Address } from '../program/address.js';
import type { Lowering } from '../program/lowering.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** A way to compute a convolution. It reads and writes NHWC tensors, never outside of them. */
export interface ConvolutionKernel {
  /** As `explain()` names it. */
  readonly name: string;
  /** Expected time in nanoseconds, on a core with a SIMD peak of 58 GFLOP/s; undefined where it can't be used. */
  cost(problem: ConvolutionProblem): number | undefined;
  /** Adds the steps that compute `y` from `x`. They don't overlap. */
  lower(problem: ConvolutionProblem, x: Address, y: Address, lowering: Lowering): void;
}
