import type { Structure } from './structure.js';

/** Channels that the weights say are of no use, by number: 1 where it is so. */
export interface DeadChannels {
  /** Nothing reads them: every weight that would is zero there. */
  readonly unread: Uint8Array;
  /** Nothing goes into them: every kernel that makes them is zero there. What they send is a constant. */
  readonly unwritten: Uint8Array;
}

/** Finds the channels that are zero in the weights. Channels at a barrier are none of them. */
export async function deadChannels({ trace, channelOf, barriers }: Structure): Promise<DeadChannels> {
  const readers = new Uint8Array(barriers.length);
  const writers = new Uint8Array(barriers.length);
  const read = new Uint8Array(barriers.length);
  const written = new Uint8Array(barriers.length);
  for (const { variables, channels, inputs } of trace.layers.values()) {
    for (const { input, axis } of channels.contracted ?? []) {
      for (const id of inputs[input]?.axes[axis] ?? []) read[channelOf(id)] = 1;
    }
    for (const { variable, axes } of variables) {
      const isKernel = variable.shape.length > 1;
      if (axes.every((axis) => axis === null || axis.role === 'through')) continue;
      const values = await variable.read().data();
      axes.forEach((axis, index) => {
        if (axis === null || axis.role === 'through' || (axis.role === 'out' && !isKernel)) return;
        const [any, used] = axis.role === 'in' ? [readers, read] : [writers, written];
        const nonZero = nonZeroIndices(values, variable.shape as number[], index);
        axis.channels.forEach((id, at) => {
          const channel = channelOf(id);
          any[channel] = 1;
          if (nonZero[at] === 1) used[channel] = 1;
        });
      });
    }
  }
  const isFree = (channel: number) => barriers[channel]?.length === 0;
  const where = (any: Uint8Array, used: Uint8Array) =>
    any.map((has, channel) => (has === 1 && used[channel] === 0 && isFree(channel) ? 1 : 0));
  return { unread: where(readers, read), unwritten: where(writers, written) };
}

/** 1 for each index along an axis at which some element is not zero. NaN is not zero. */
function nonZeroIndices(values: ArrayLike<number>, shape: readonly number[], axis: number): Uint8Array {
  const size = shape[axis] as number;
  const stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const found = new Uint8Array(size);
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== 0) found[Math.floor(i / stride) % size] = 1;
  }
  return found;
}
