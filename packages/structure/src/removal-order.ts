import type { NumberedGroup } from './channel-group.js';
import { groupFractions, isFraction } from './group-fractions.js';
import { noRemoval, someStay } from './plan.js';
import type { Removal, Structure } from './structure.js';
import { StructureError } from './structure-error.js';

/** Which channels compete with one another: those of a group, or all of the model. */
export type RankingScope = 'layer' | 'model';

/** How channels are ranked and how far a layer may be taken. */
export interface RankingOptions {
  /** `layer`: every group loses the same fraction. `model`: all channels are ranked together. Default `layer`. */
  readonly scope?: RankingScope;
  /**
   * With the scope `model`: `mean` divides the scores of a group by their mean, so that layers of different scale can be
   * compared; `none` leaves them. Default `mean`.
   */
  readonly normalize?: 'mean' | 'none';
  /**
   * The largest fraction of a layer's units that may go, in [0, 1]: of every layer, or by path. Default 1; one unit stays in
   * any case.
   */
  readonly maxRatio?: number | Readonly<Record<string, number>>;
  /** The fraction of its units that a layer loses whatever the target, in [0, 1], by path: 0 leaves it alone. */
  readonly ratios?: Readonly<Record<string, number>>;
  /** Layers keep a multiple of this many units, or all; fewer than that stay whole. Default 1. */
  readonly roundTo?: number;
}

/** Removals from nothing to everything that may go. */
export interface RemovalOrder {
  /** The number of steps. */
  readonly steps: number;
  /** What is removed after a number of steps, more with every step. */
  readonly at: (step: number) => Removal;
}

/** A group and its channels, from the first to go to the last. */
interface RankedGroup {
  readonly group: NumberedGroup;
  readonly scores: Float64Array;
  readonly ranked: readonly number[];
  /** How many of them may go. */
  readonly limit: number;
  /** How many go whatever the target. */
  readonly fixed: number | undefined;
}

/** The order in which channels go, lowest scores first. Ties are broken by the order of layers and units. */
export function removalOrder(
  structure: Structure,
  scores: readonly Float64Array[],
  options: RankingOptions,
): RemovalOrder {
  const { scope = 'layer', roundTo = 1, ratios = {}, maxRatio = 1 } = options;
  const fixed = groupFractions(structure, 'ratios', ratios);
  const caps = typeof maxRatio === 'number' ? undefined : groupFractions(structure, 'maxRatio', maxRatio);
  const groups = structure.groups.map((group, index) => {
    const cap = caps === undefined ? (maxRatio as number) : (caps.get(group) ?? 1);
    return rankedGroup(group, scores[index] as Float64Array, fixed.get(group), cap);
  });
  const scoreOf = new Map(
    groups.flatMap(({ group, scores: own }) =>
      group.numbers.map((number, index) => [number, own[index] as number]),
    ),
  );
  const removal = (counts: readonly number[]): Removal => {
    const removed = noRemoval(structure);
    groups.forEach(({ group, ranked, limit, fixed }, index) => {
      const count = fixed ?? Math.min(counts[index] as number, limit);
      for (const channel of ranked.slice(0, roundedCount(group.channels, count, roundTo))) {
        removed[group.numbers[channel] as number] = 1;
      }
    });
    return someStay(structure, removed, (number) => scoreOf.get(number) ?? 0);
  };
  const precedence = scope === 'layer' ? byFraction : byScore(options.normalize);
  const entries = groups.flatMap((group, index) => {
    if (group.fixed !== undefined) return [];
    const precedenceOf = precedence(group);
    return Array.from({ length: group.limit }, (_, place) => ({ index, precedence: precedenceOf(place) }));
  });
  entries.sort((a, b) => a.precedence - b.precedence);
  const at = (step: number): Removal => {
    const counts = groups.map(() => 0);
    for (const { index } of entries.slice(0, step)) counts[index] = (counts[index] as number) + 1;
    return removal(counts);
  };
  return { steps: entries.length, at };
}

/** How soon a channel of a group goes, by its place in the group's own ranking: the lower, the sooner. */
type Precedence = (group: RankedGroup) => (place: number) => number;

/** Every group loses the same fraction of what may go, as near as single channels allow. */
const byFraction: Precedence =
  ({ limit }) =>
  (place) =>
    (place + 0.5) / limit;

/** The score decides, over the mean of the group where scores are to be compared. */
function byScore(normalize: RankingOptions['normalize'] = 'mean'): Precedence {
  return ({ scores, ranked }) => {
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const scale = normalize === 'mean' && mean !== 0 ? Math.abs(mean) : 1;
    return (place) => (scores[ranked[place] as number] as number) / scale;
  };
}

function rankedGroup(
  group: NumberedGroup,
  scores: Float64Array,
  ratio: number | undefined,
  maxRatio: number,
): RankedGroup {
  const ranked = [...group.prunable].sort((a, b) => (scores[a] as number) - (scores[b] as number) || a - b);
  // A group keeps one channel: one that can't go, or else the best.
  const most = Math.min(ranked.length, group.channels - 1);
  const count = (fraction: number) => Math.min(most, Math.floor(group.channels * fraction + 1e-9));
  return {
    group,
    scores,
    ranked,
    limit: count(maxRatio),
    fixed: ratio === undefined ? undefined : count(ratio),
  };
}

/** How many go so that a multiple of `roundTo` stays, or all. */
function roundedCount(channels: number, count: number, roundTo: number): number {
  const kept = Math.ceil((channels - count) / roundTo) * roundTo;
  return Math.max(0, channels - kept);
}

/** Throws StructureError when an option is out of its range. */
export function checkRanking({ scope, normalize, maxRatio, roundTo }: RankingOptions): void {
  if (scope !== undefined && scope !== 'layer' && scope !== 'model') {
    throw fault('scope', `scope must be 'layer' or 'model', but is ${String(scope)}`, scope);
  }
  if (normalize !== undefined && normalize !== 'mean' && normalize !== 'none') {
    throw fault('normalize', `normalize must be 'mean' or 'none', but is ${String(normalize)}`, normalize);
  }
  if (maxRatio !== undefined && typeof maxRatio !== 'object' && !isFraction(maxRatio)) {
    throw fault('maxRatio', `maxRatio must be in [0, 1], but is ${String(maxRatio)}`, maxRatio);
  }
  if (roundTo !== undefined && !(Number.isInteger(roundTo) && roundTo >= 1)) {
    throw fault('roundTo', `roundTo must be an integer of at least 1, but is ${String(roundTo)}`, roundTo);
  }
}

function fault(option: string, message: string, value: unknown): StructureError {
  return new StructureError(message, { option, value });
}
