/** A tensor's shape, batch axis included; null where a size is not known. */
export type Shape = readonly (number | null)[];

/** The channel of each index along an axis, by its id; null where nothing of the axis can go. */
export type AxisChannels = Int32Array | null;

/** What is known of a tensor: its shape, and the channels of each of its axes (never of the batch axis). */
export interface TensorChannels {
  /** The shape, batch axis included. */
  readonly shape: Shape;
  /** The channels of each axis of the shape. */
  readonly axes: readonly AxisChannels[];
}

/** A tensor of which nothing can go. */
export function untracked(shape: Shape): TensorChannels {
  return { shape, axes: shape.map(() => null) };
}

/** A tensor with channels on some of its axes. Negative axes count from the end. */
export function tracked(shape: Shape, axes: Readonly<Record<number, AxisChannels>>): TensorChannels {
  const all: AxisChannels[] = shape.map(() => null);
  for (const [axis, channels] of Object.entries(axes))
    all[positiveAxis(Number(axis), shape.length)] = channels;
  return { shape, axes: all };
}

/** The axis counted from the front. */
export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Each channel `times` times in a row: `[a, a, b, b]`. */
export function repeatEach(channels: Int32Array, times: number): Int32Array {
  return Int32Array.from(
    { length: channels.length * times },
    (_, i) => channels[Math.floor(i / times)] as number,
  );
}

/** The channels over and over: `[a, b, a, b]`. */
export function repeatAll(channels: Int32Array, times: number): Int32Array {
  return Int32Array.from(
    { length: channels.length * times },
    (_, i) => channels[i % channels.length] as number,
  );
}

/** Axes of channels behind one another. */
export function concatenated(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}

/** A tensor without one of its axes. */
export function withoutAxis({ shape, axes }: TensorChannels, axis: number): TensorChannels {
  const others = (_: unknown, index: number) => index !== axis;
  return { shape: shape.filter(others), axes: axes.filter(others) };
}
