import type { BarrierCode } from '../barrier.js';
import { untracked } from '../channels.js';
import type { ChannelRule } from '../rule.js';

/** Keeps every channel that comes in; nothing of what comes out can go. */
export function barrier(code: BarrierCode, message: string): ChannelRule {
  return ({ inputs, outputShapes }, context) => {
    for (const { axes } of inputs) for (const axis of axes) context.fix(axis, code, message);
    return { outputs: outputShapes.map(untracked) };
  };
}

/** Masking skips the time steps at which all features have one value: with fewer features it would skip more. */
export const maskingLayer: ChannelRule = ({ inputs: [x] }, context) => {
  if (x === undefined) return { outputs: [] };
  for (const axis of x.axes)
    context.fix(axis, 'masking', 'all channels together decide which time steps are skipped');
  return { outputs: [x] };
};
