import type { Activation } from '../graph/activation.js';
import type { Graph, ValueId } from '../graph/graph.js';
import type { Affine, Binary, Depthwise, GlobalPool, Operation, Pad, Pool } from '../graph/operation.js';
import type { Shape } from '../graph/shape.js';
import type { Weights } from '../graph/weights.js';
import type { Window } from '../graph/window.js';
import { imageOf, overWindows } from './over-windows.fixture.js';
import { at, count, need, type Values } from './values.fixture.js';

export type { Values } from './values.fixture.js';

/** A tensor of any precision. */
export interface AnyValues {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
}

/** Computes a graph by plain loops in float64: what kernels are compared with. NaN and infinities go where arithmetic takes them. */
export function interpret({ nodes, inputs, outputs }: Graph, given: readonly AnyValues[]): Values[] {
  const known = new Map<ValueId, Values>();
  inputs.forEach((id, index) => {
    const { shape, values } = need(given[index], `input ${index}`);
    known.set(id, { shape, values: Float64Array.from(values) });
  });
  const lookUp = (id: ValueId) => need(known.get(id), `value ${id}`);
  for (const { operation, inputs: from, output } of nodes) {
    known.set(output, interpretOperation(operation, from.map(lookUp)));
  }
  return outputs.map(lookUp);
}

/** Computes one operation in float64. */
export function interpretOperation(operation: Operation, inputs: readonly Values[]): Values {
  const x = need(inputs[0], 'the first input');
  switch (operation.kind) {
    case 'convolution':
      return activated(convolution(operation, x), operation.activation);
    case 'product':
      return activated(product(operation, x), operation.activation);
    case 'depthwise':
      return activated(depthwise(operation, x), operation.activation);
    case 'pool':
      return pool(operation, x);
    case 'globalPool':
      return globalPool(operation, x);
    case 'pad':
      return pad(operation, x);
    case 'affine':
      return activated(affine(operation, x), operation.activation);
    case 'activate':
      return activated(x, operation.activation);
    case 'softmax':
      return softmax(x);
    case 'binary':
      return activated(binary(operation, x, need(inputs[1], 'the second input')), operation.activation);
    case 'concatenate':
      return concatenate(inputs);
    case 'reshape':
      return reshape(operation.shape, x);
  }
}

interface WithWeights {
  readonly weights: Weights;
  readonly bias?: Float32Array;
}

function convolution(
  { weights, bias, window }: WithWeights & { readonly window: Window },
  x: Values,
): Values {
  const [filterHeight, filterWidth, inChannels, outChannels] = weights.shape;
  const image = imageOf(x);
  if (image.channels !== inChannels)
    throw new RangeError(`${inChannels} channels expected, got ${image.channels}`);
  return overWindows(window, [filterHeight, filterWidth], image, outChannels, (taps, channel) => {
    let sum = bias?.[channel] ?? 0;
    for (const { row, column, position } of taps) {
      for (let c = 0; c < inChannels; c += 1) {
        const weight = ((row * filterWidth + column) * inChannels + c) * outChannels + channel;
        sum += at(image.values, position * inChannels + c) * at(weights.values, weight);
      }
    }
    return sum;
  });
}

function product({ weights, bias }: WithWeights, x: Values): Values {
  const [, , inChannels, outChannels] = weights.shape;
  if (x.shape.at(-1) !== inChannels) throw new RangeError(`${inChannels} columns expected, got [${x.shape}]`);
  const shape = [...x.shape.slice(0, -1), outChannels];
  const values = new Float64Array(count(shape));
  for (let to = 0; to < values.length; to += 1) {
    const row = Math.floor(to / outChannels);
    const channel = to % outChannels;
    let sum = bias?.[channel] ?? 0;
    for (let c = 0; c < inChannels; c += 1) {
      sum += at(x.values, row * inChannels + c) * at(weights.values, c * outChannels + channel);
    }
    values[to] = sum;
  }
  return { shape, values };
}

function depthwise({ filter, channels, multiplier, window, bias }: Depthwise, x: Values): Values {
  const image = imageOf(x);
  if (image.channels !== channels)
    throw new RangeError(`${channels} channels expected, got ${image.channels}`);
  const outChannels = channels * multiplier;
  return overWindows(window, window.size, image, outChannels, (taps, channel) => {
    let sum = bias?.[channel] ?? 0;
    for (const { row, column, position } of taps) {
      const weight = at(filter, (row * window.size[1] + column) * outChannels + channel);
      sum += weight * at(image.values, position * channels + Math.floor(channel / multiplier));
    }
    return sum;
  });
}

function pool({ mode, window }: Pool, x: Values): Values {
  const image = imageOf(x);
  return overWindows(window, window.size, image, image.channels, (taps, channel) =>
    reduce(
      mode,
      taps.map(({ position }) => at(image.values, position * image.channels + channel)),
    ),
  );
}

function globalPool({ mode, keepDims }: GlobalPool, { shape, values }: Values): Values {
  const batch = need(shape[0], 'a batch axis');
  const channels = need(shape.at(-1), 'a channel axis');
  const positions = count(shape.slice(1, -1));
  const pooled = new Float64Array(batch * channels);
  for (let to = 0; to < pooled.length; to += 1) {
    const first = Math.floor(to / channels) * positions * channels + (to % channels);
    pooled[to] = reduce(
      mode,
      Array.from({ length: positions }, (_, position) => at(values, first + position * channels)),
    );
  }
  const kept = keepDims ? shape.slice(1, -1).map(() => 1) : [];
  return { shape: [batch, ...kept, channels], values: pooled };
}

function reduce(mode: 'max' | 'average', values: readonly number[]): number {
  if (mode === 'max') return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function pad({ top, bottom, left, right }: Pad, x: Values): Values {
  const { batch, height, width, channels, values } = imageOf(x);
  const shape = [batch, height + top + bottom, width + left + right, channels];
  const padded = new Float64Array(count(shape));
  for (let row = 0; row < batch * height; row += 1) {
    const y = (row % height) + top + Math.floor(row / height) * (height + top + bottom);
    const to = (y * (width + left + right) + left) * channels;
    padded.set(values.subarray(row * width * channels, (row + 1) * width * channels), to);
  }
  return { shape, values: padded };
}

function affine({ scale, shift }: Affine, x: Values): Values {
  const channels = need(x.shape.at(-1), 'a channel axis');
  if (scale.length !== channels || shift.length !== channels)
    throw new RangeError(`${channels} scales expected`);
  return {
    shape: x.shape,
    values: x.values.map((value, index) => value * at(scale, index % channels) + at(shift, index % channels)),
  };
}

function softmax({ shape, values }: Values): Values {
  const channels = need(shape.at(-1), 'a channel axis');
  const result = new Float64Array(values.length);
  for (let first = 0; first < values.length; first += channels) {
    const row = values.subarray(first, first + channels);
    const most = reduce('max', [...row]);
    const powers = row.map((value) => Math.exp(value - most));
    const sum = powers.reduce((total, power) => total + power, 0);
    result.set(
      powers.map((power) => power / sum),
      first,
    );
  }
  return { shape, values: result };
}

function binary({ operator }: Binary, a: Values, b: Values): Values {
  const rank = Math.max(a.shape.length, b.shape.length);
  const sizesOf = ({ shape }: Values) => [...new Array<number>(rank - shape.length).fill(1), ...shape];
  const [first, second] = [sizesOf(a), sizesOf(b)];
  const shape = first.map((size, axis) => Math.max(size, at(second, axis)));
  for (const sizes of [first, second]) {
    if (sizes.some((size, axis) => size !== 1 && size !== shape[axis]))
      throw new RangeError(`[${a.shape}] and [${b.shape}] don't go together`);
  }
  const values = Float64Array.from({ length: count(shape) }, (_, index) =>
    operators[operator](
      at(a.values, placeIn(first, shape, index)),
      at(b.values, placeIn(second, shape, index)),
    ),
  );
  return { shape, values };
}

/** Where an element of a shape is in a tensor of other sizes, some of which are 1. */
function placeIn(sizes: readonly number[], shape: Shape, index: number): number {
  let place = 0;
  let left = index;
  let step = count(shape);
  for (const [axis, size] of sizes.entries()) {
    step /= at(shape, axis);
    const coordinate = Math.floor(left / step);
    left -= coordinate * step;
    place = place * size + (size === 1 ? 0 : coordinate);
  }
  return place;
}

const operators: Readonly<Record<Binary['operator'], (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  maximum: Math.max,
  minimum: Math.min,
};

function concatenate(inputs: readonly Values[]): Values {
  const sizes = inputs.map(({ shape }) => need(shape.at(-1), 'a last axis'));
  const outer = need(inputs[0], 'an input').shape.slice(0, -1);
  if (inputs.some(({ shape }) => `${shape.slice(0, -1)}` !== `${outer}`))
    throw new RangeError('shapes differ');
  const shape = [...outer, sizes.reduce((sum, size) => sum + size, 0)];
  const values = Array.from({ length: count(outer) }, (_, row) =>
    inputs.flatMap((input, index) => [
      ...input.values.subarray(row * at(sizes, index), (row + 1) * at(sizes, index)),
    ]),
  );
  return { shape, values: Float64Array.from(values.flat()) };
}

function reshape(wanted: Shape, { shape, values }: Values): Values {
  const known = count(wanted.filter((size) => size !== -1));
  const result = wanted.map((size) => (size === -1 ? count(shape) / known : size));
  if (count(result) !== values.length) throw new RangeError(`[${shape}] doesn't fit into [${wanted}]`);
  return { shape: result, values };
}

function activated(x: Values, activation: Activation): Values {
  const channels = x.shape.at(-1) ?? 1;
  return {
    shape: x.shape,
    values: x.values.map((value, index) => activate(activation, value, index % channels)),
  };
}

/** One value of an activation. */
export function activate(activation: Activation, x: number, channel: number): number {
  switch (activation.kind) {
    case 'linear':
      return x;
    case 'relu':
      return Math.max(x, 0);
    case 'relu6':
      return Math.min(Math.max(x, 0), 6);
    case 'leakyRelu':
      return x < 0 ? activation.alpha * x : x;
    case 'prelu':
      return x < 0 ? at(activation.slopes, channel) * x : x;
    case 'elu':
      return x < 0 ? activation.alpha * Math.expm1(x) : x;
    case 'sigmoid':
      return 1 / (1 + Math.exp(-x));
    case 'tanh':
      return Math.tanh(x);
    case 'swish':
      return x / (1 + Math.exp(-x));
  }
}
