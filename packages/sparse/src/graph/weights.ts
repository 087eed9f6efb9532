import { sizeOf } from './shape.js';

/** The filter of a convolution: [height, width, in, out]; that of a dense layer is [1, 1, in, out]. */
export type FilterShape = readonly [height: number, width: number, inChannels: number, outChannels: number];

/** The weights of a layer, with counts of what is not zero. */
export class Weights {
  /** In the order of the shape, the last axis fastest. */
  readonly values: Float32Array;
  readonly shape: FilterShape;
  /** How many weights are not zero. */
  readonly nonZeros: number;
  readonly #blocks = new Map<number, number>();

  constructor(values: Float32Array, shape: FilterShape) {
    this.values = values;
    this.shape = shape;
    let nonZeros = 0;
    for (const value of values) if (value !== 0) nonZeros += 1;
    this.nonZeros = nonZeros;
  }

  /** The share of zeros, from 0 to 1. */
  get sparsity(): number {
    return this.values.length === 0 ? 0 : 1 - this.nonZeros / sizeOf(this.shape);
  }

  /** How many blocks of `size` output channels of one input (a row, column and channel of the filter) are not all zero; the last one may be smaller. */
  blocks(size: number): number {
    const known = this.#blocks.get(size);
    if (known !== undefined) return known;
    const outChannels = this.shape[3];
    let count = 0;
    for (let row = 0; row < this.values.length; row += outChannels) {
      for (let first = row; first < row + outChannels; first += size) {
        const end = Math.min(first + size, row + outChannels);
        let at = first;
        while (at < end && this.values[at] === 0) at += 1;
        if (at < end) count += 1;
      }
    }
    this.#blocks.set(size, count);
    return count;
  }
}
