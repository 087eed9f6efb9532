import type { Layer } from '@secateur/layers';
import { repeatAll, type TensorChannels, tracked, withoutAxis } from '../channels.js';
import { type ChannelContext, type ChannelRule, out, type Product, reads } from '../rule.js';
import { activated } from './activation.js';
import { channelAxis, fixOthers } from './convolution.js';

/**
 * SimpleRNNCell, GRUCell and LSTMCell. Unit u is column `k * U + u` of `kernel [in, gates * U]`, `recurrent_kernel
 * [U, gates * U]` and `bias` for each gate k, and row u of the recurrent kernel, by which the cell reads itself.
 */
export function recurrentCell(gates: number, states: number): ChannelRule {
  return ({ config, inputs: [x, ...initial] }, context) => {
    if (x === undefined) return { outputs: [] };
    const units = context.fresh(Number(config.units));
    const h = withInitial(units, initial, 1, context);
    const columns = repeatAll(units, gates);
    const inputs = x.axes[1] ?? null;
    activated(config.activation, units, context);
    activated(config.recurrentActivation, units, context);
    const state = tracked([x.shape[0] ?? null, units.length], { 1: h });
    return {
      outputs: Array.from({ length: 1 + states }, () => state),
      units,
      weights: {
        kernel: [reads(inputs), out(columns)],
        recurrent_kernel: [reads(h, 1), out(columns)],
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
export const stackedCells: ChannelRule = ({ layer, inputs: [x, ...initial] }, context) => {
  if (x === undefined) return { outputs: [] };
  const { cells } = layer as Layer & { readonly cells: readonly Layer[] };
  let output = x;
  let given = initial;
  const states = cells.map((cell) => {
    const own = stateCount(cell);
    const [h, ...state] = context.trace(cell, [output, ...given.slice(given.length - own)], {
      name: cell.name,
    });
    given = given.slice(0, given.length - own);
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
    const [h, ...states] = context.trace(cell, [step, ...initial], { times: x.shape[1] ?? null });
    const units = h?.axes[1] ?? null;
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
export const convLstmCell: ChannelRule = ({ config, inputs: [x, ...initial] }, context) => {
  if (x === undefined) return { outputs: [] };
  const axis = channelAxis(config, x.shape.length);
  const units = context.fresh(Number(config.filters));
  const h = withInitial(units, initial, axis, context);
  const columns = repeatAll(units, 4);
  fixOthers(x.axes, axis, context);
  const state = tracked(
    x.shape.map((size, index) => (index === axis ? units.length : index === 0 ? size : null)),
    { [axis]: h },
  );
  return {
    outputs: [state, state, state],
    units,
    weights: {
      kernel: [null, null, reads(x.axes[axis]), out(columns)],
      recurrent_kernel: [null, null, reads(h, 1), out(columns)],
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
  const [h] = context.trace(cell, [step, ...initial]);
  const axis = channelAxis(config, step.shape.length);
  const units = h?.axes[axis] ?? null;
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

/** What comes out of a cell: its units, which go together with the states that they start from. */
function withInitial(
  units: Int32Array,
  initial: readonly TensorChannels[],
  axis: number,
  context: ChannelContext,
): Int32Array {
  const states = initial.map(({ axes }) => axes[axis] ?? null);
  for (const { axes } of initial) fixOthers(axes, axis, context);
  for (const channels of states) context.unify(units, channels);
  const known = states.filter((channels) => channels?.length === units.length) as Int32Array[];
  return initial.length === 0
    ? units
    : context.derive([units, ...known], known.length < states.length ? [null] : []);
}

/** How many tensors a cell's state is. */
function stateCount(cell: Layer): number {
  const { stateSize } = cell as Layer & { readonly stateSize: number | readonly number[] };
  return [stateSize].flat().length;
}
