import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../graph/activation.js';
import type { Operation } from '../graph/operation.js';
import type { Padding, Window } from '../graph/window.js';

/** The same operation by tfjs; undefined where tfjs has none like it. The caller tidies. */
export function tfjsOperation(operation: Operation, inputs: readonly tf.Tensor[]): tf.Tensor | undefined {
  const [x, second] = inputs;
  if (x === undefined) return undefined;
  const y = plain(operation, x, second, inputs);
  return y && 'activation' in operation ? activated(operation.activation, y) : y;
}

function plain(
  operation: Operation,
  x: tf.Tensor,
  second: tf.Tensor | undefined,
  inputs: readonly tf.Tensor[],
): tf.Tensor | undefined {
  switch (operation.kind) {
    case 'convolution': {
      const { weights, window, bias } = operation;
      if (!isPossible(window)) return undefined;
      const filter = tf.tensor4d(weights.values, [...weights.shape]);
      const { strides, dilations, padding } = window;
      const y = tf.conv2d(x as tf.Tensor4D, filter, pair(strides), padOf(padding), 'NHWC', pair(dilations));
      return bias ? tf.add(y, tf.tensor1d(bias)) : y;
    }
    case 'product': {
      const { weights, bias } = operation;
      const [, , inChannels, outChannels] = weights.shape;
      const matrix = tf.tensor2d(weights.values, [inChannels, outChannels]);
      const y = tf.reshape(tf.matMul(tf.reshape(x, [-1, inChannels]), matrix), [
        ...x.shape.slice(0, -1),
        outChannels,
      ]);
      return bias ? tf.add(y, tf.tensor1d(bias)) : y;
    }
    case 'depthwise': {
      const { filter, channels, multiplier, window, bias } = operation;
      if (!isPossible(window)) return undefined;
      const { size, strides, dilations, padding } = window;
      const weights = tf.tensor4d(filter, [...size, channels, multiplier]);
      const y = tf.depthwiseConv2d(
        x as tf.Tensor4D,
        weights,
        pair(strides),
        padOf(padding),
        'NHWC',
        pair(dilations),
      );
      return bias ? tf.add(y, tf.tensor1d(bias)) : y;
    }
    case 'pool': {
      const { mode, window } = operation;
      const { size, strides, dilations, padding } = window;
      if (dilations[0] !== 1 || dilations[1] !== 1) return undefined;
      // tfjs gives the input back where a window of 1 x 1 gives as many outputs, wherever these are.
      if (size[0] * size[1] === 1 && typeof padding === 'object') return undefined;
      const poolOf = mode === 'max' ? tf.maxPool : tf.avgPool;
      return poolOf(x as tf.Tensor4D, pair(size), pair(strides), padOf(padding));
    }
    case 'globalPool': {
      const axes = x.shape.slice(1, -1).map((_, index) => index + 1);
      if (axes.length === 0) return x.clone();
      const { mode, keepDims } = operation;
      return mode === 'max' ? tf.max(x, axes, keepDims) : tf.mean(x, axes, keepDims);
    }
    case 'pad': {
      const { top, bottom, left, right } = operation;
      return tf.pad(x, [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ]);
    }
    case 'affine':
      return tf.add(tf.mul(x, tf.tensor1d(operation.scale)), tf.tensor1d(operation.shift));
    case 'activate':
      return x;
    case 'softmax':
      return tf.softmax(x);
    case 'binary': {
      if (second === undefined) return undefined;
      const { add, sub: subtract, mul: multiply, maximum, minimum } = tf;
      return { add, subtract, multiply, maximum, minimum }[operation.operator](x, second);
    }
    case 'concatenate':
      return tf.concat([...inputs], -1);
    case 'reshape':
      return tf.reshape(x, [...operation.shape]);
  }
}

function activated(activation: Activation, x: tf.Tensor): tf.Tensor {
  switch (activation.kind) {
    case 'linear':
      return x;
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'leakyRelu':
      return tf.leakyRelu(x, activation.alpha);
    case 'prelu':
      return tf.prelu(x, tf.tensor1d(activation.slopes));
    case 'elu':
      return tf.where(tf.less(x, 0), tf.mul(tf.expm1(x), activation.alpha), x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'tanh':
      return tf.tanh(x);
    case 'swish':
      return tf.mul(x, tf.sigmoid(x));
  }
}

/** tfjs has no strides and dilations at the same time. */
function isPossible({ strides, dilations }: Window): boolean {
  return Math.max(...strides) === 1 || Math.max(...dilations) === 1;
}

function padOf(padding: Padding): 'same' | 'valid' | tf.backend_util.ExplicitPadding {
  if (typeof padding === 'string') return padding;
  const { top, bottom, left, right } = padding;
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

function pair([first, second]: readonly [number, number]): [number, number] {
  return [first, second];
}
