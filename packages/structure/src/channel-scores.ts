import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import type { Criterion, ScoredMember, Scoring } from './criteria/criterion.js';
import { memberScore } from './criteria/member-score.js';
import { scoredGroups } from './criteria/scored-groups.js';
import type { Structure } from './structure.js';
import { StructureError } from './structure-error.js';

/** How the scores of the weights that a channel lies in make one. A weight that a channel isn't in doesn't count for it. */
export type Combine = 'mean' | 'sum' | 'max';

const combinations: readonly unknown[] = ['mean', 'sum', 'max'] satisfies Combine[];

/**
 * The scores of the channels of each group, in the order of the groups: the lower, the sooner a channel goes. A channel that
 * no weight tells anything of has the mean score of its group, or 1 where there is none. Groups of which nothing can go have
 * zeros.
 *
 * @throws StructureError when the criterion or `combine` is wrong, or a weight is not finite.
 */
export async function channelScores(
  model: LayersModel,
  structure: Structure,
  criterion: Criterion,
  combine: Combine,
): Promise<Float64Array[]> {
  if (!combinations.includes(combine)) {
    throw new StructureError(`combine must be 'mean', 'sum' or 'max', but is ${String(combine)}`, {
      option: 'combine',
      value: combine,
    });
  }
  const { prepare } = typeof criterion === 'function' ? memberScore(criterion) : checked(criterion);
  const groups = scoredGroups(structure);
  const scoreGroup = await prepare({ model, groups, read: weightReader() });
  const scores = new Map<unknown, Float64Array>();
  for (const scored of groups) {
    const parts = await scoreGroup(scored);
    scores.set(scored.group, combinedScores(parts, scored.group.channels, combine));
  }
  return structure.groups.map((group) => scores.get(group) ?? new Float64Array(group.channels));
}

function checked(criterion: Criterion): Exclude<Criterion, (...given: never) => unknown> {
  if (typeof criterion === 'object' && criterion !== null && 'prepare' in criterion) return criterion;
  throw new StructureError(
    `criterion must be made by a function of this package, as l1(), or be a function, but is ${String(criterion)}`,
    { option: 'criterion', value: criterion },
  );
}

/** Reads each weight once. */
function weightReader(): Scoring['read'] {
  const known = new Map<LayerVariable, Promise<Float32Array>>();
  return (member) => {
    const reading = known.get(member.variable) ?? readFinite(member);
    known.set(member.variable, reading);
    return reading;
  };
}

async function readFinite({ layer, variable, weight }: ScoredMember): Promise<Float32Array> {
  const values = (await variable.read().data()) as Float32Array;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isFinite(value)) continue;
    throw new StructureError(`"${weight}" of "${layer.path}" has a value that is ${value}`, {
      value,
      layer: layer.path,
    });
  }
  return values;
}

/** One score for each channel. One that no part has a score of gets the mean of the others, or 1. */
export function combinedScores(
  parts: readonly Float64Array[],
  channels: number,
  combine: Combine,
): Float64Array {
  return withoutGaps(combined(parts, channels, combine));
}

/** One score for each channel, NaN where no part has one. */
function combined(parts: readonly Float64Array[], channels: number, combine: Combine): Float64Array {
  return Float64Array.from({ length: channels }, (_, channel) => {
    const scores = parts.map((part) => part[channel] as number).filter((score) => !Number.isNaN(score));
    if (scores.length === 0) return Number.NaN;
    if (combine === 'max') return Math.max(...scores);
    const sum = scores.reduce((total, score) => total + score, 0);
    return combine === 'mean' ? sum / scores.length : sum;
  });
}

function withoutGaps(scores: Float64Array): Float64Array {
  const known = scores.filter((score) => !Number.isNaN(score));
  const mean = known.reduce((total, score) => total + score, 0) / known.length;
  const filler = known.length === 0 ? 1 : mean;
  return scores.map((score) => (Number.isNaN(score) ? filler : score));
}
