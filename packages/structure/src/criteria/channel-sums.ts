import type { ScoredMember } from './criterion.js';

/** Sums of a term of each element, for each index along an axis: one pass, in row-major order. */
export function indexSums(
  values: ArrayLike<number>,
  shape: readonly number[],
  axis: number,
  term: (value: number) => number,
): Float64Array {
  const size = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const sums = new Float64Array(size);
  for (let start = 0; start < values.length; ) {
    for (let index = 0; index < size; index++) {
      let sum = sums[index] as number;
      for (const end = start + inner; start < end; start++) sum += term(values[start] as number);
      sums[index] = sum;
    }
  }
  return sums;
}

/** The sums of the indices of each channel of a member; NaN for a channel that has none. */
export function channelSums(
  sums: ArrayLike<number>,
  { channels }: Pick<ScoredMember, 'channels'>,
  count: number,
): Float64Array {
  const totals = new Float64Array(count).fill(Number.NaN);
  channels.forEach((channel, index) => {
    if (channel < 0) return;
    const total = totals[channel] as number;
    totals[channel] = (Number.isNaN(total) ? 0 : total) + (sums[index] as number);
  });
  return totals;
}
