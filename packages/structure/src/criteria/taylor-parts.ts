import type { ScoredGroup, ScoredMember } from './criterion.js';

/** Weights whose products with their gradients are added up before their size is taken. */
export type TaylorPart = readonly ScoredMember[];

/** Which weights stand for a channel. */
export type TaylorWeights = 'writers' | 'readers';

/** Weights that hold what was measured, and are not learned. */
const statistics: readonly string[] = ['moving_mean', 'moving_variance'];

/** The parts that tell of a group; of channels that have no such weights, the others. */
export function taylorParts(scored: ScoredGroup, weights: TaylorWeights): TaylorPart[] {
  const [first, second] =
    weights === 'writers' ? [writers(scored), readers(scored)] : [readers(scored), writers(scored)];
  const told = new Set(first.flat().flatMap(({ channels }) => [...channels]));
  const isLeft = (channel: number) => channel >= 0 && !told.has(channel);
  const others = second.map((part) =>
    part
      .filter(({ channels }) => channels.some(isLeft))
      .map((member) => ({
        ...member,
        channels: member.channels.map((channel) => (isLeft(channel) ? channel : -1)),
      })),
  );
  return [...first, ...others];
}

/**
 * For each layer that makes channels or scales them, its weights: its output is zero when they all are. The slopes of PReLU,
 * which are not like that, don't count.
 */
function writers({ members }: ScoredGroup): TaylorPart[] {
  const layers = new Set(
    members.filter(({ role, stops }) => role === 'out' || stops).map(({ layer }) => layer),
  );
  return [...layers].map((layer) =>
    members.filter(
      (member) => member.layer === layer && member.role !== 'in' && !statistics.includes(member.weight),
    ),
  );
}

/** All weights that read the channels, together: once they are zero the channel is without effect. */
function readers({ members }: ScoredGroup): TaylorPart[] {
  return [members.filter(({ role }) => role === 'in')];
}
