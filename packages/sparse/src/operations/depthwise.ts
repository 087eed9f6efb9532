import { isLight, linear } from '../graph/activation.js';
import type { Depthwise } from '../graph/operation.js';
import type { Lowering } from '../program/lowering.js';
import { checkSlopes, lowerActivation } from './activate.js';
import { activationBound } from './activation-bound.js';
import { type DepthwiseCall, lowerAnyDepthwise } from './depthwise-anywhere.js';
import { fitsRows, lowerDepthwiseRows } from './depthwise-rows.js';
import type { Operand, OperationRule } from './operation-rule.js';
import { lowerPick } from './pick.js';
import { windowShape } from './window-shape.js';

export const depthwise: OperationRule<Depthwise> = {
  outputShape({ channels, multiplier, window, activation }, [shape]) {
    const output = windowShape(window, shape, channels, channels * multiplier);
    checkSlopes(activation, output);
    return output;
  },
  bound({ filter, channels, multiplier, bias, activation }, [bound = 0]) {
    const outChannels = channels * multiplier;
    const sums = new Float64Array(outChannels);
    filter.forEach((value, at) => {
      sums[at % outChannels] = (sums[at % outChannels] as number) + Math.abs(value);
    });
    const most = sums.reduce(
      (top, sum, channel) => Math.max(top, sum * bound + Math.abs(bias?.[channel] ?? 0)),
      0,
    );
    return activationBound(activation, most);
  },
  lower(operation, { inputs: [x], output, lowering }) {
    if (x === undefined) return;
    const { channels, multiplier, activation } = operation;
    const outChannels = channels * multiplier;
    // At least four channels, each with its own copy of the input, so that all is done by whole vectors.
    const vectorised = Math.max(4, outChannels);
    const perChannel = (shape: readonly number[]) => [...shape.slice(0, 3), vectorised];
    let from = x;
    if (vectorised !== channels) {
      const picked = Array.from({ length: vectorised }, (_, at) =>
        Math.min(Math.floor(at / multiplier), channels - 1),
      );
      from = temporary(perChannel(x.shape), lowering);
      lowerPick(x, from, picked, lowering);
    }
    const to = vectorised === outChannels ? output : temporary(perChannel(output.shape), lowering);
    const call: DepthwiseCall = {
      x: from,
      y: to,
      window: operation.window,
      activation: isLight(activation) ? activation : linear,
      ...constantsOf(operation, vectorised, lowering),
    };
    if (fitsRows(call)) lowerDepthwiseRows(lowering, call);
    else lowerAnyDepthwise(lowering, call);
    if (to !== output) {
      const all = Array.from({ length: outChannels }, (_, at) => at);
      lowerPick(to, output, all, lowering);
    }
    if (!isLight(activation)) lowerActivation(activation, output, output, lowering);
  },
};

/** The filter, bias and slopes, with channels of zeros behind up to a count. */
function constantsOf(
  { filter, channels, multiplier, bias, activation }: Depthwise,
  vectorised: number,
  lowering: Lowering,
): Pick<DepthwiseCall, 'filter' | 'bias' | 'slopes'> {
  const constant = (values: Float32Array) =>
    lowering.constant(widened(values, channels * multiplier, vectorised));
  const biasAt = constant(bias ?? new Float32Array(channels * multiplier));
  return {
    filter: constant(filter),
    bias: biasAt,
    slopes: activation.kind === 'prelu' ? constant(activation.slopes) : biasAt,
  };
}

/** Rows of `from` values, with zeros behind each so that it has `to`. */
function widened(values: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return values;
  const wide = new Float32Array((values.length / from) * to);
  for (let row = 0; row * from < values.length; row += 1) {
    wide.set(values.subarray(row * from, (row + 1) * from), row * to);
  }
  return wide;
}

function temporary(shape: readonly number[], lowering: Lowering): Operand {
  return { shape, address: lowering.temporary(4 * shape.reduce((size, axis) => size * axis, 1)) };
}
