import type { Operation } from './operation.js';

/** The number of a tensor in a graph. */
export type ValueId = number;

/** A tensor that our kernels compute. */
export interface Node {
  /** The name of the layer or graph node that it is. */
  readonly name: string;
  readonly operation: Operation;
  readonly inputs: readonly ValueId[];
  readonly output: ValueId;
}

/** Operations in an order in which they can run. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
}
