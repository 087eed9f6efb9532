import { positiveAxis, tracked } from '../channels.js';
import { type ChannelRule, through } from '../rule.js';

/** BatchNormalization: a scale and a shift of each channel on `axis`. */
export const batchNormalization: ChannelRule = ({ config, inputs: [x] }, context) => {
  if (x === undefined) return { outputs: [] };
  const axis = positiveAxis(Number(config.axis ?? -1), x.shape.length);
  const channels = x.axes[axis];
  if (!channels) return { outputs: [x] };
  const scaled = context.derive([channels]);
  const along = [through(scaled)];
  return {
    outputs: [tracked(x.shape, { ...x.axes, [axis]: scaled })],
    weights: { gamma: [through(scaled, true)], beta: along, moving_mean: along, moving_variance: along },
  };
};

/** LayerNormalization: its mean and variance run over the channels. */
export const layerNormalization: ChannelRule = ({ config, inputs: [x] }, context) => {
  if (x === undefined) return { outputs: [] };
  for (const axis of [config.axis ?? -1].flat() as number[]) {
    context.fix(
      x.axes[positiveAxis(axis, x.shape.length)],
      'normalized',
      'layer normalization takes the mean and variance over these channels',
    );
  }
  return { outputs: [x] };
};

/** PReLU: a slope for each element, or shared along some axes. */
export const prelu: ChannelRule = ({ layer, inputs: [x] }) => {
  if (x === undefined) return { outputs: [] };
  const alpha = layer.weights[0];
  const slopes = x.axes.slice(1).map((channels, index) => {
    const isShared = alpha?.shape[index] === 1 && x.shape[index + 1] !== 1;
    return isShared ? null : through(channels);
  });
  return { outputs: [x], weights: { alpha: slopes } };
};
