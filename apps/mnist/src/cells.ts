import type { TableConstructorOptions } from 'cli-table3';

/** The style of all tables. */
export const compact: TableConstructorOptions = { style: { head: [], border: [], compact: true } };

export function percent(fraction: number): string {
  return (100 * fraction).toFixed(2);
}

export function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}

/** Microseconds, and how many times less they are than `before`. */
export function faster(before: number, after: number): string {
  return `${microseconds(after)} (${(before / after).toFixed(1)}x)`;
}

export function microseconds(time: number): string {
  return time < 10 ? time.toFixed(1) : time.toFixed(0);
}

/** The bytes, and how many times smaller they are than before. */
export function smaller(dense: number, pruned: number): string {
  return `${kilobytes(pruned)} (${(dense / pruned).toFixed(2)}x)`;
}

/** The network of a row, with the seed unless it is 0. */
export function networkCell({ network, seed }: { readonly network: string; readonly seed: number }): string {
  return seed === 0 ? network : `${network} (${seed})`;
}
