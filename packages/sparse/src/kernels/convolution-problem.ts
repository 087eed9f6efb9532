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

/** Whether each output depends on the input at its own position alone, and images are rows of positions. */
export function isPointwise(problem: ConvolutionProblem): boolean {
  const { filterHeight, filterWidth, inHeight, inWidth, outHeight, outWidth, strideX, top, left } = problem;
  const isAlone = filterHeight * filterWidth === 1 && top === 0 && left === 0;
  return isAlone && inHeight === 1 && outHeight === 1 && inWidth === outWidth && strideX === 1;
}
