import type { AxisChannels } from '../channels.js';
import { positiveAxis } from '../channels.js';
import type { ChannelContext, ChannelRule } from '../rule.js';

/** Keeps channels that an activation mixes: softmax divides by their sum. */
export function activated(
  activation: unknown,
  lastAxis: AxisChannels | undefined,
  context: ChannelContext,
): void {
  if (activation === 'softmax' || activation === 'logSoftmax') {
    context.fix(lastAxis, 'softmax', 'its softmax runs over these channels');
  }
}

/** Layers that work on each element by itself. */
export const passing: ChannelRule = ({ config, inputs: [x] }) => {
  if (x === undefined) return { outputs: [] };
  const noiseShape = config.noiseShape;
  if (!Array.isArray(noiseShape)) return { outputs: [x] };
  return {
    outputs: [x],
    config: {
      noiseShape: noiseShape.map((size, axis) => (size === x.shape[axis] ? (x.axes[axis] ?? size) : size)),
    },
  };
};

/** Activation, by name. */
export const activationLayer: ChannelRule = ({ config, inputs: [x] }, context) => {
  if (x === undefined) return { outputs: [] };
  activated(config.activation, x.axes.at(-1), context);
  return { outputs: [x] };
};

/** Softmax over `axis`. */
export const softmaxLayer: ChannelRule = ({ config, inputs: [x] }, context) => {
  if (x === undefined) return { outputs: [] };
  for (const axis of [config.axis ?? -1].flat() as number[]) {
    const channels = x.axes[positiveAxis(axis, x.shape.length)];
    context.fix(channels, 'softmax', 'the softmax runs over these channels');
  }
  return { outputs: [x] };
};
