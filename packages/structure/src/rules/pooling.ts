import { tracked } from '../channels.js';
import type { ChannelRule } from '../rule.js';
import { channelAxis, fixOthers } from './convolution.js';

/** Pooling, padding, cropping and resampling: each channel by itself, mixed along the other axes. */
export const spatial: ChannelRule = ({ config, inputs: [x], outputShapes: [shape] }, context) => {
  if (x === undefined || shape === undefined) return { outputs: [] };
  const axis = channelAxis(config, x.shape.length);
  fixOthers(x.axes, axis, context);
  return { outputs: [tracked(shape, { [axis]: x.axes[axis] ?? null })] };
};

/** Global pooling: only the channel axis is left. */
export const globalPooling: ChannelRule = ({ config, inputs: [x], outputShapes: [shape] }, context) => {
  if (x === undefined || shape === undefined) return { outputs: [] };
  const axis = channelAxis(config, x.shape.length);
  fixOthers(x.axes, axis, context);
  return { outputs: [tracked(shape, { 1: x.axes[axis] ?? null })] };
};
