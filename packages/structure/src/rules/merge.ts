import { type AxisChannels, concatenated, positiveAxis, type TensorChannels, tracked } from '../channels.js';
import type { ChannelContext, ChannelRule } from '../rule.js';

/** Add, Multiply, Average, Maximum, Minimum: what meets goes together. */
export const elementwise: ChannelRule = ({ inputs, outputShapes: [shape] }, context) => {
  if (shape === undefined) return { outputs: [] };
  const operands = inputs.map((input) => expanded(input, shape.length));
  const axes = shape.map((size, axis) => (axis === 0 ? null : mergedAxis(operands, axis, size, context)));
  return { outputs: [{ shape, axes }] };
};

/** What meets goes together. A lone channel that is repeated for all stays, and all depend on it. */
function mergedAxis(
  operands: readonly TensorChannels[],
  axis: number,
  size: number | null,
  context: ChannelContext,
): AxisChannels {
  const isRepeated = ({ shape }: TensorChannels) => shape[axis] === 1 && size !== 1;
  const repeated = operands.filter(isRepeated).map((operand) => operand.axes[axis] ?? null);
  for (const one of repeated) {
    context.fix(one, 'broadcast', 'its one channel is repeated for every channel of another tensor');
  }
  const meeting = operands
    .filter((operand) => !isRepeated(operand))
    .map((operand) => operand.axes[axis] ?? null);
  const bound = unifyAll(meeting, context);
  if (bound === null) return null;
  const tracked = meeting.filter((channels) => channels?.length === bound.length) as Int32Array[];
  const unknown = tracked.length < meeting.length ? [null] : [];
  return context.derive(tracked, [...repeated.map((one) => one?.[0] ?? null), ...unknown]);
}

/** A tensor with as many axes as the widest: tfjs puts the missing ones behind the batch axis. */
function expanded({ shape, axes }: TensorChannels, rank: number): TensorChannels {
  const missing = rank - shape.length;
  const insert = <T>(items: readonly T[], filler: T) => [
    ...items.slice(0, 1),
    ...Array.from({ length: missing }, () => filler),
    ...items.slice(1),
  ];
  return { shape: insert(shape, 1), axes: insert(axes, null) };
}

/** Nothing can go where nothing can go in any of them: then it is no barrier either. */
function unifyAll(axes: readonly AxisChannels[], context: ChannelContext): AxisChannels {
  if (axes.every((axis) => axis === null)) return null;
  return axes.reduce((a, b) => context.unify(a, b));
}

/** Concatenate: behind one another on `axis`; together on the others. */
export const concatenate: ChannelRule = ({ config, inputs, outputShapes: [shape] }, context) => {
  if (shape === undefined) return { outputs: [] };
  const joined = positiveAxis(Number(config.axis ?? -1), shape.length);
  const axes = shape.map((_, axis) => {
    const parts = inputs.map((input) => input.axes[axis] ?? null);
    return axis === joined ? joinedAxis(inputs, axis, context) : unifyAll(parts, context);
  });
  return { outputs: [{ shape, axes }] };
};

function joinedAxis(inputs: readonly TensorChannels[], axis: number, context: ChannelContext): AxisChannels {
  const parts = inputs.map((input) => ({
    channels: input.axes[axis] ?? null,
    size: input.shape[axis] ?? null,
  }));
  if (parts.every(({ channels }) => channels === null)) return null;
  const why = 'it is concatenated with an axis of which nothing can go';
  if (parts.some(({ channels, size }) => channels === null && size === null)) {
    for (const { channels } of parts) context.fix(channels, 'fixed', why);
    return null;
  }
  return concatenated(
    parts.map(({ channels, size }) => {
      if (channels !== null) return channels;
      const stays = context.fresh(size ?? 0);
      context.fix(stays, 'fixed', why);
      return stays;
    }),
  );
}

/** Dot: the two `axes` are summed over together, so a channel leaves both; the other axes stay as they are. */
export const dot: ChannelRule = ({ config, inputs: [x, y], outputShapes: [shape] }, context) => {
  if (x === undefined || y === undefined || shape === undefined) return { outputs: [] };
  const given = config.axes;
  const [a, b] = (Array.isArray(given) ? given : [given, given]) as [number, number];
  const axisX = positiveAxis(a, x.shape.length);
  const axisY = positiveAxis(b, y.shape.length);
  const summed = context.unify(x.axes[axisX] ?? null, y.axes[axisY] ?? null);
  const multiplied = (channels: AxisChannels) => channels && context.derive([channels], [null]);
  const kept = [
    ...x.axes.filter((_, axis) => axis !== axisX),
    ...y.axes.filter((_, axis) => axis !== 0 && axis !== axisY),
  ].map(multiplied);
  return {
    outputs: [tracked(shape, { ...kept })],
    contracted: [
      { input: 0, axis: axisX },
      { input: 1, axis: axisY },
    ],
    macs: [[summed ?? x.shape[axisX] ?? null, ...shape.slice(1).map((size, i) => kept[i + 1] ?? size)]],
  };
};
