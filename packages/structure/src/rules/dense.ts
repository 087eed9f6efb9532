import { positiveAxis, tracked } from '../channels.js';
import { type ChannelRule, out, reads } from '../rule.js';
import { activated } from './activation.js';

/** Dense: `kernel [in, out]` on the last axis; the axes before it are positions. */
export const dense: ChannelRule = ({ config, inputs: [x], outputShapes: [shape] }, context) => {
  if (x === undefined || shape === undefined) return { outputs: [] };
  const units = context.fresh(Number(config.units));
  const inputs = x.axes.at(-1);
  const last = positiveAxis(-1, shape.length);
  const outer = x.axes.slice(0, -1);
  activated(config.activation, units, context);
  return {
    outputs: [tracked(shape, { ...outer, [last]: units })],
    units,
    weights: { kernel: [reads(inputs), out(units)], bias: [out(units)] },
    config: { units },
    macs: [
      [
        inputs ?? x.shape.at(-1) ?? null,
        units,
        ...outer.slice(1).map((axis, i) => axis ?? x.shape[i + 1] ?? null),
      ],
    ],
  };
};
