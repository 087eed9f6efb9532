import type { Layer } from '@secateur/layers';
import { type AxisChannels, positiveAxis, repeatEach, type Shape, tracked } from '../channels.js';
import { type ChannelContext, type ChannelRule, out, type Product, reads, through } from '../rule.js';
import { activated } from './activation.js';

/** The channel axis of a tensor, by the layer's `dataFormat`. */
export function channelAxis(config: Readonly<Record<string, unknown>>, rank: number): number {
  return config.dataFormat === 'channelsFirst' ? 1 : positiveAxis(-1, rank);
}

/** Keeps the channels of every axis but one: the layer mixes what lies along them. */
export function fixOthers(axes: readonly AxisChannels[], axis: number, context: ChannelContext): void {
  axes.forEach((channels, index) => {
    if (index !== axis)
      context.fix(channels, 'mixed', 'they lie on an axis that the layer mixes, not on its channel axis');
  });
}

/** The spatial positions of a tensor, as factors. */
function positions(shape: Shape, axis: number): Product {
  return shape.filter((_, index) => index !== 0 && index !== axis);
}

const kernelSize = (config: Readonly<Record<string, unknown>>): number[] =>
  [config.kernelSize].flat() as number[];

/**
 * Conv1D, Conv2D and Conv3D: `kernel [...window, in, out]`, and every output position meets every weight. Transposed:
 * `kernel [...window, out, in]`, and every input position does.
 */
function convolution(isTransposed: boolean): ChannelRule {
  return ({ config, inputs: [x], outputShapes: [shape] }, context) => {
    if (x === undefined || shape === undefined) return { outputs: [] };
    const axis = channelAxis(config, x.shape.length);
    const inputs = x.axes[axis] ?? null;
    const units = context.fresh(Number(config.filters));
    const window = kernelSize(config);
    const ends = [reads(inputs), out(units)];
    fixOthers(x.axes, axis, context);
    activated(config.activation, axis === shape.length - 1 ? units : null, context);
    return {
      outputs: [tracked(shape, { [axis]: units })],
      units,
      weights: {
        kernel: [...window.map(() => null), ...(isTransposed ? ends.reverse() : ends)],
        bias: [out(units)],
      },
      config: { filters: units },
      macs: [
        [
          ...window,
          inputs ?? x.shape[axis] ?? null,
          units,
          ...positions(isTransposed ? x.shape : shape, axis),
        ],
      ],
    };
  };
}

/** Conv1D, Conv2D and Conv3D. */
export const conv: ChannelRule = convolution(false);

/** Conv2DTranspose and Conv3DTranspose. */
export const convTranspose: ChannelRule = convolution(true);

/** DepthwiseConv2D: `depthwise_kernel [h, w, in, multiplier]`; output `i * multiplier + j` comes from input i, and goes with it. */
export const depthwise: ChannelRule = ({ config, inputs: [x], outputShapes: [shape] }, context) => {
  if (x === undefined || shape === undefined) return { outputs: [] };
  const axis = channelAxis(config, x.shape.length);
  const inputs = x.axes[axis] ?? null;
  const filtered = inputs && context.derive([inputs]);
  const outputs = filtered && repeatEach(filtered, Number(config.depthMultiplier));
  fixOthers(x.axes, axis, context);
  activated(config.activation, axis === shape.length - 1 ? outputs : null, context);
  return {
    outputs: [tracked(shape, { [axis]: outputs })],
    weights: { depthwise_kernel: [null, null, through(filtered, true), null], bias: [through(outputs)] },
    macs: [[...kernelSize(config), outputs ?? shape[axis] ?? null, ...positions(shape, axis)]],
  };
};

/** SeparableConv2D: a depthwise convolution, then `pointwise_kernel [1, 1, in * multiplier, out]`. */
export const separable: ChannelRule = ({ layer, config, inputs: [x], outputShapes: [shape] }, context) => {
  if (x === undefined || shape === undefined) return { outputs: [] };
  const axis = channelAxis(config, x.shape.length);
  // The layer's config doesn't tell.
  const { depthMultiplier: multiplier } = layer as Layer & { readonly depthMultiplier: number };
  const inputs = x.axes[axis] ?? null;
  const repeated = inputs && repeatEach(inputs, multiplier);
  const between = repeated && multiplier > 1 ? context.derive([repeated], [null]) : repeated;
  const betweenSize = between ?? (x.shape[axis] ?? 1) * multiplier;
  const units = context.fresh(Number(config.filters));
  fixOthers(x.axes, axis, context);
  // It runs before the channels are put in front again.
  activated(config.activation, units, context);
  return {
    outputs: [tracked(shape, { [axis]: units })],
    units,
    weights: {
      depthwise_kernel: [null, null, through(inputs), null],
      pointwise_kernel: [null, null, reads(between), out(units)],
      bias: [out(units)],
    },
    config: { filters: units },
    macs: [
      [...kernelSize(config), betweenSize, ...positions(shape, axis)],
      [betweenSize, units, ...positions(shape, axis)],
    ],
  };
};
