import { type Shape, type TensorChannels, tracked } from '../channels.js';
import type { ChannelRule } from '../rule.js';
import { reshaped } from './reshaped.js';

/** Flatten: row by row, so channel c becomes `s * C + c` for every position s. Channels-first data is turned first. */
export const flatten: ChannelRule = ({ config, inputs: [x], outputShapes: [shape] }, context) => {
  if (x === undefined || shape === undefined) return { outputs: [] };
  const rank = x.shape.length;
  const isTurned = config.dataFormat === 'channelsFirst' && rank > 2;
  const order = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
  const turned = isTurned ? permuted(x, order) : x;
  return { outputs: [{ shape, axes: reshaped(turned, shape, context) }] };
};

/** Reshape to `targetShape`, which follows the channels. */
export const reshape: ChannelRule = ({ config, inputs: [x], outputShapes: [given] }, context) => {
  if (x === undefined || given === undefined) return { outputs: [] };
  const shape = withOpenSize(x.shape, given);
  const axes = reshaped(x, shape, context);
  const targetShape = (config.targetShape as Shape).map((size, index) => axes[index + 1] ?? size);
  return { outputs: [{ shape, axes }], config: { targetShape } };
};

/** The shape with a size that the layer leaves open (-1 in `targetShape`) put in, where it follows from the input's. */
function withOpenSize(from: Shape, to: Shape): Shape {
  const sizes = from.slice(1);
  const open = to.findIndex((size, axis) => axis > 0 && size === null);
  if (open < 0 || sizes.includes(null)) return to;
  const elements = sizes.reduce<number>((product, size) => product * (size as number), 1);
  const others = to.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1);
  return to.map((size, axis) => (axis === open ? elements / others : size));
}

/** Permute by `dims`, counted from 1. */
export const permute: ChannelRule = ({ config, inputs: [x] }) =>
  x === undefined ? { outputs: [] } : { outputs: [permuted(x, [0, ...(config.dims as number[])])] };

function permuted({ shape, axes }: TensorChannels, order: readonly number[]): TensorChannels {
  return {
    shape: order.map((axis) => shape[axis] ?? null),
    axes: order.map((axis) => axes[axis] ?? null),
  };
}

/** RepeatVector: `[batch, C]` to `[batch, n, C]`. */
export const repeatVector: ChannelRule = ({ inputs: [x], outputShapes: [shape] }) =>
  x === undefined || shape === undefined
    ? { outputs: [] }
    : { outputs: [tracked(shape, { 2: x.axes[1] ?? null })] };
