import { group, mean } from 'd3-array';
import type { Row } from './row.js';

/** The mean over the seeds of a network and a recipe. */
export interface Mean {
  readonly network: string;
  readonly recipe: string;
  readonly seeds: number;
  readonly accuracy: Row['accuracy'];
  /** gzip -9 bytes of the dense file over those of the pruned one. */
  readonly timesSmaller: number;
}

export function means(rows: readonly Row[]): Mean[] {
  const groups = group(rows, ({ network, recipe }) => `${network} ${recipe}`);
  return Array.from(groups.values(), (members) => {
    const { network, recipe } = members[0] as Row;
    const meanOf = (value: (row: Row) => number) => mean(members, value) as number;
    return {
      network,
      recipe,
      seeds: members.length,
      accuracy: {
        dense: meanOf(({ accuracy }) => accuracy.dense),
        pruned: meanOf(({ accuracy }) => accuracy.pruned),
        reloaded: meanOf(({ accuracy }) => accuracy.reloaded),
      },
      timesSmaller: meanOf(({ size }) => size.dense.gzip / size.pruned.gzip),
    };
  });
}
