import type { Address } from '../program/address.js';
import { later } from '../program/address.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** Where the inputs of outputs are, in bytes: output (image, row, column) at its first one, then a window's place in it. */
export interface BlockInput {
  /** Bytes from one output column to the next. */
  readonly column: number;
  /** Bytes from one output row to the next. */
  readonly row: number;
  /** Bytes from one image to the next. */
  readonly image: number;
  /** Bytes from the first input of an output to that under a weight. */
  offsetOf(filterRow: number, filterColumn: number): number;
  /** Whether zeros around the images have to be there, so that they are copied first. */
  readonly isCopied: boolean;
  /** The size of what windows reach: rows and columns. */
  readonly height: number;
  readonly width: number;
}

/** How outputs find their inputs: in the images themselves when windows stay inside them, else in a copy with zeros around. */
export function blockInput(problem: ConvolutionProblem): BlockInput {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth } = problem;
  const { strideY, strideX, dilationY, dilationX, top, left } = problem;
  const height = (outHeight - 1) * strideY + (filterHeight - 1) * dilationY + 1;
  const width = (outWidth - 1) * strideX + (filterWidth - 1) * dilationX + 1;
  const isInside = top <= 0 && left <= 0 && height - top <= inHeight && width - left <= inWidth;
  const pixel = 4 * inChannels;
  const line = pixel * (isInside ? inWidth : width);
  return {
    column: strideX * pixel,
    row: strideY * line,
    image: line * (isInside ? inHeight : height),
    offsetOf: (filterRow, filterColumn) => filterRow * dilationY * line + filterColumn * dilationX * pixel,
    isCopied: !isInside,
    height,
    width,
  };
}

/** The address of the first input of the first output, in the images themselves. */
export function firstInput({ inWidth, inChannels, top, left }: ConvolutionProblem, x: Address): Address {
  return later(x, 4 * inChannels * (-top * inWidth - left));
}
