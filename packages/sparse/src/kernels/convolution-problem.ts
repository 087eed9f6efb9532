import type { Activation } from '../graph/activation.js';
import type { Weights } from '../graph/weights.js';

/**
 * A convolution of known shape. A 1 x 1 convolution with strides of 1 and no padding, and any dense layer, is given as one
 * image of height 1 whose width is the count of all positions.
 */
export interface ConvolutionProblem {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  /** Rows of zeros above the image. */
  readonly top: number;
  /** Columns of zeros left of the image. */
  readonly left: number;
  readonly weights: Weights;
  /** [outChannels] */
  readonly bias?: Float32Array;
  /** One of the light ones. */
  readonly activation: Activation;
}

/** Whether outputs depend on the input at their own position alone. */
export function isPointwise({
  filterHeight,
  filterWidth,
  inHeight,
  outHeight,
  strideX,
  top,
  left,
}: ConvolutionProblem): boolean {
  return (
    filterHeight * filterWidth === 1 &&
    inHeight === 1 &&
    outHeight === 1 &&
    strideX === 1 &&
    top === 0 &&
    left === 0
  );
}
