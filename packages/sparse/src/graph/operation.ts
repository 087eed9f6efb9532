import type { Activation } from './activation.js';
import type { Weights } from './weights.js';
import type { Window } from './window.js';

/** A convolution of images; with a window of 1 x 1 also a dense layer, which works on the last axis of any shape. */
export interface Convolution {
  readonly kind: 'convolution';
  readonly weights: Weights;
  readonly window: Window;
  readonly bias?: Float32Array;
  readonly activation: Activation;
}

/** The product of the last axis with a matrix: [..., in] x [in, out]. Weights are [1, 1, in, out]. */
export interface Product {
  readonly kind: 'product';
  readonly weights: Weights;
  readonly bias?: Float32Array;
  readonly activation: Activation;
}

/** A convolution of each channel alone: filter [height, width, channels, multiplier], outputs [.., channel x multiplier + m]. */
export interface Depthwise {
  readonly kind: 'depthwise';
  readonly filter: Float32Array;
  readonly channels: number;
  readonly multiplier: number;
  readonly window: Window;
  readonly bias?: Float32Array;
  readonly activation: Activation;
}

/** The largest element or the mean of each window; padding doesn't count. Of 1D data, images of height 1. */
export interface Pool {
  readonly kind: 'pool';
  readonly mode: 'max' | 'average';
  readonly window: Window;
}

/** The largest element or the mean of each channel of an image: all axes between the first and the last. */
export interface GlobalPool {
  readonly kind: 'globalPool';
  readonly mode: 'max' | 'average';
  /** Whether the axes stay, with size 1. */
  readonly keepDims: boolean;
}

/** Zeros around images. */
export interface Pad {
  readonly kind: 'pad';
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** x times a scale plus a shift, one of each per channel: a batch norm that can't be folded. */
export interface Affine {
  readonly kind: 'affine';
  readonly scale: Float32Array;
  readonly shift: Float32Array;
  readonly activation: Activation;
}

/** An activation alone. */
export interface Activate {
  readonly kind: 'activate';
  readonly activation: Activation;
}

/** e^(x - max) / sum over the last axis. */
export interface Softmax {
  readonly kind: 'softmax';
}

/**
 * Two tensors, element by element. Shapes go together as in tfjs; fast are equal ones, and a second one of
 * [batch, 1, .., 1, channels], which stands for the whole image.
 */
export interface Binary {
  readonly kind: 'binary';
  readonly operator: 'add' | 'subtract' | 'multiply' | 'maximum' | 'minimum';
  readonly activation: Activation;
}

/** Any number of tensors, one after the other along the last axis. */
export interface Concatenate {
  readonly kind: 'concatenate';
}

/** The same elements in another shape. -1 is what is left over; it is first for shapes that keep the batch. */
export interface Reshape {
  readonly kind: 'reshape';
  readonly shape: readonly number[];
}

/** What our kernels compute. All tensors are float32; images are NHWC. */
export type Operation =
  | Convolution
  | Product
  | Depthwise
  | Pool
  | GlobalPool
  | Pad
  | Affine
  | Activate
  | Softmax
  | Binary
  | Concatenate
  | Reshape;
