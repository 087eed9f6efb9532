import { StructureError } from '../structure-error.js';
import { channelSums } from './channel-sums.js';
import type { ChannelCriterion, MemberScore, ScoredGroup, ScoredMember, Scoring } from './criterion.js';

/** The criterion of a function. */
export function memberScore(score: MemberScore): ChannelCriterion {
  return {
    kind: 'custom',
    prepare:
      async ({ read }) =>
      async (group) => {
        const parts: Float64Array[] = [];
        for (const member of group.members) {
          const scores = await scoresOf(score, member, read);
          if (scores !== null) parts.push(channelSums(scores, member, group.group.channels));
        }
        checkAllScored(group, parts);
        return parts;
      },
  };
}

async function scoresOf(
  score: MemberScore,
  member: ScoredMember,
  read: Scoring['read'],
): Promise<ArrayLike<number> | null> {
  const { layer, weight, axis, role, shape, channels } = member;
  const { path } = layer;
  const values = await read(member);
  const scores: unknown = score({ layer: path, weight, axis, role, shape, values, channels: [...channels] });
  if (scores === null) return null;
  if (!isList(scores) || scores.length !== channels.length) {
    const given = isList(scores) ? `${scores.length} scores` : String(scores);
    throw new StructureError(
      `criterion must give one score for each of the ${channels.length} indices along axis ${axis} of "${weight}" of "${path}", or null, but gave ${given}`,
      { option: 'criterion', value: scores, layer: path },
    );
  }
  const wrong = Array.from(scores).find((value) => !Number.isFinite(value));
  if (wrong !== undefined) {
    throw new StructureError(
      `criterion must give finite scores, but gave ${String(wrong)} for "${weight}" of "${path}"`,
      { option: 'criterion', value: wrong, layer: path },
    );
  }
  return scores;
}

function isList(value: unknown): value is ArrayLike<number> {
  return typeof value === 'object' && value !== null && 'length' in value && Number.isInteger(value.length);
}

function checkAllScored({ group }: ScoredGroup, parts: readonly Float64Array[]): void {
  const missing = group.prunable.find((channel) => parts.every((part) => Number.isNaN(part[channel])));
  if (missing === undefined) return;
  throw new StructureError(
    `criterion gives no weight of channel ${missing} of the group "${group.name}" a score`,
    {
      option: 'criterion',
      layer: group.name,
    },
  );
}
