import type { Operation } from '../graph/operation.js';
import type { Shape } from '../graph/shape.js';
import type { ConvolutionKernel } from '../kernels/convolution-kernel.js';
import type { ConvolutionProblem } from '../kernels/convolution-problem.js';
import type { Address } from '../program/address.js';
import type { Lowering } from '../program/lowering.js';

/** A tensor in memory: float32, the last axis fastest. */
export interface Operand {
  readonly address: Address;
  readonly shape: Shape;
}

/** An operation on tensors that are in memory. */
export interface OperationCall {
  readonly inputs: readonly Operand[];
  /** It overlaps no input. */
  readonly output: Operand;
  readonly lowering: Lowering;
  /** Which kernel to take for a convolution. */
  readonly choose: (problem: ConvolutionProblem) => ConvolutionKernel;
}

/** What is known of a kind of operation. */
export interface OperationRule<O extends Operation> {
  /** The shape of the output. Throws a SparseError for inputs that don't fit. */
  outputShape(operation: O, inputs: readonly Shape[]): Shape;
  /** A bound of |y|, given one of |x| for each input: partial sums are within it, too. */
  bound(operation: O, inputs: readonly number[]): number;
  /** Adds the steps that compute the output. */
  lower(operation: O, call: OperationCall): void;
}
