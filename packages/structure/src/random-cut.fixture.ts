import fc from 'fast-check';
import type { ChannelGroup } from './channel-group.js';
import { randomSource } from './random-weights.fixture.js';

/** Which channels of a model to take, as data. */
export interface Cut {
  readonly seed: number;
  /** Of every group, or of the one at this place, going round. */
  readonly group: number | 'every';
  readonly share: 'none' | 'some' | 'most';
  /** Whether features of the inputs may go too. */
  readonly inputs: boolean;
}

/** Random choices of channels. */
export const cut: fc.Arbitrary<Cut> = fc.record({
  seed: fc.nat(99),
  group: fc.oneof({ weight: 2, arbitrary: fc.constant('every' as const) }, fc.nat(9)),
  share: fc.constantFrom('some', 'some', 'most', 'none'),
  inputs: fc.constantFrom(false, false, true),
});

/** A channel, by the index of its group and its index in the group. */
export type Chosen = readonly { readonly group: ChannelGroup; readonly channels: readonly number[] }[];

/** The chosen channels of each group, of those that `allowed` names; every layer keeps a unit. */
export function chosen(
  groups: readonly ChannelGroup[],
  { seed, group: which, share }: Cut,
  allowed: (group: ChannelGroup) => readonly number[] = ({ prunable }) => prunable,
): Chosen {
  const random = randomSource(seed);
  const eligible = groups.filter((group) => allowed(group).length > 0);
  return eligible.map((group, index) => {
    const gone = new Set<number>();
    const isTouched = which === 'every' || index === which % eligible.length;
    const order = allowed(group)
      .map((channel) => ({ channel, at: random() }))
      .sort((a, b) => a.at - b.at);
    for (const { channel } of isTouched ? order : []) {
      if (share === 'none' || (share === 'some' && random() < 0.5)) continue;
      gone.add(channel);
      const isEmptied = group.producers.some(({ units }) => units.every((unit) => gone.has(unit)));
      if (isEmptied) gone.delete(channel);
    }
    return { group, channels: [...gone] };
  });
}
