import type { Layer } from '@secateur/layers';
import { type AxisChannels, repeatAll, type TensorChannels, tracked, withoutAxis } from '../channels.js';
import { type ChannelContext, type ChannelRule, out, type Product, reads } from '../rule.js';
import { activated } from './activation.js';
import { channelAxis, fixOthers } from './convolution.js';

/**
 * SimpleRNNCell, GRUCell and LSTMCell. Unit u is column `k * U + u` of `kernel [in, gates * U]`, `recurrent_kernel
 * [U, gates * U]` and `bias` for each gate k, and row u of the recurrent kernel, by which the cell reads itself.
 */
export function recurrentCell(gates: number, states: number): ChannelRule {
  return ({ config, inputs: [x] }, context) => {
    if (x === undefined) return { outputs: [] };
    const units = context.fresh(Number(config.units));
    const columns = repeatAll(units, gates);
    const inputs = x.axes[1] ?? null;
    activated(config.activation, units, context);
    activated(config.recurrentActivation, units, context);
    const state = tracked([x.shape[0] ?? null, units.length], { 1: units });
    return {
      outputs: Array.from({ length: 1 + states }, () => state),
      units,
      weights: {
        kernel: [reads(inputs), out(columns)],
        recurrent_kernel: [reads(units, 1), out(columns)],
        bias: [out(columns)],
      },
      config: { units },
      macs: [
        [inputs ?? x.shape[1] ?? null, columns],
        [units, columns],
      ],
    };
  };
}

/** StackedRNNCells: one cell's output is the next one's input. The states are those of the last cell first. */
export const stackedCells: ChannelRule = ({ layer, inputs: [x] }, context) => {
  if (x === undefined) return { outputs: [] };
  const { cells } = layer as Layer & { readonly cells: readonly Layer[] };
  let output = x;
  const states = cells.map((cell) => {
    const [h, ...state] = context.trace(cell, [output], { name: cell.name });
    output = h as TensorChannels;
    return state;
  });
  return {
    outputs: [output, ...states.reverse().flat()],
    parts: cells.map((cell, index) => ({ layer: cell, at: ['cells', String(index)] })),
  };
};

/** SimpleRNN, GRU and LSTM, whose config has the size of their cell; without `sizeKey` RNN, whose config has the cell. */
export function recurrent(sizeKey?: string): ChannelRule {
  return ({ layer, config, inputs: [x, ...initial], outputShapes }, context) => {
    if (x === undefined) return { outputs: [] };
    const { cell } = layer as Layer & { readonly cell: Layer };
    fixTime(x, context);
    const step = withoutAxis(x, 1);
    const [h, ...states] = context.trace(cell, [step], { times: x.shape[1] ?? null });
    const units = h?.axes[1] ?? null;
    bindStates(initial, states, context);
    return {
      outputs: outputShapes.map((shape, index) =>
        index === 0
          ? tracked(shape, { [shape.length - 1]: units })
          : tracked(shape, { 1: states[index - 1]?.axes[1] ?? null }),
      ),
      ...(sizeKey !== undefined && config[sizeKey] !== undefined && { config: { [sizeKey]: units } }),
      parts: [{ layer: cell, ...(sizeKey === undefined && { at: ['cell'] }) }],
    };
  };
}

/** ConvLSTM2DCell: like an LSTM cell, with filters for units and windows before the kernels' last two axes. */
export const convLstmCell: ChannelRule = ({ config, inputs: [x] }, context) => {
  if (x === undefined) return { outputs: [] };
  const axis = channelAxis(config, x.shape.length);
  const units = context.fresh(Number(config.filters));
  const columns = repeatAll(units, 4);
  fixOthers(x.axes, axis, context);
  const state = tracked(
    x.shape.map((size, index) => (index === axis ? units.length : index === 0 ? size : null)),
    { [axis]: units },
  );
  return {
    outputs: [state, state, state],
    units,
    weights: {
      kernel: [null, null, reads(x.axes[axis]), out(columns)],
      recurrent_kernel: [null, null, reads(units, 1), out(columns)],
      bias: [out(columns)],
    },
    config: { filters: units },
  };
};

/** ConvLSTM2D over `[batch, time, ...image]`. */
export const convLstm: ChannelRule = ({ layer, config, inputs: [x, ...initial], outputShapes }, context) => {
  const [first] = outputShapes;
  if (x === undefined || first === undefined) return { outputs: [] };
  const { cell } = layer as Layer & { readonly cell: Layer };
  fixTime(x, context);
  const step = withoutAxis(x, 1);
  const [h, ...states] = context.trace(cell, [step]);
  const axis = channelAxis(config, step.shape.length);
  const units = h?.axes[axis] ?? null;
  bindStates(initial, states, context);
  const image = first.length > step.shape.length ? first.filter((_, index) => index !== 1) : first;
  const runs: Product = [
    x.shape[1] ?? null,
    ...([config.kernelSize].flat() as number[]),
    ...image.filter((_, index) => index !== 0 && index !== axis),
    units && repeatAll(units, 4),
  ];
  return {
    outputs: outputShapes.map((shape, index) =>
      tracked(shape, { [axis + (index === 0 ? first.length - step.shape.length : 0)]: units }),
    ),
    config: { filters: units },
    macs: [
      [...runs, step.axes[axis] ?? step.shape[axis] ?? null],
      [...runs, units],
    ],
    parts: [{ layer: cell }],
  };
};

function fixTime(x: TensorChannels, context: ChannelContext): void {
  context.fix(x.axes[1], 'mixed', 'they are the time steps of a recurrent layer');
}

/** Initial states go together with the states; what comes beyond them stays whole. */
function bindStates(
  initial: readonly TensorChannels[],
  states: readonly TensorChannels[],
  context: ChannelContext,
): void {
  initial.forEach(({ axes }, index) => {
    axes.forEach((channels: AxisChannels, axis) => {
      const own = states[index]?.axes[axis] ?? null;
      if (channels !== null || own !== null) context.unify(channels, own);
    });
  });
}
