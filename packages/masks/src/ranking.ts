import { checkFraction, checkOneOf, refusal, show } from './checks.js';
import { keepCount } from './keep-count.js';
import type { Mask } from './mask.js';
import { MaskError } from './mask-error.js';
import { countKept } from './mask-reading.js';
import { type RejectNotFinite, radixSelect, type Ties } from './radix-select.js';

/** How scores are ranked: against which others, and who is kept of equal ones. */
export interface RankingOptions {
  /**
   * `index` (default): of equal scores those of the lowest index are kept, so that the count is exact. `keep`: all of
   * them are kept, as in tfmot, with denormals taken as zeros; sparsity can then fall short.
   */
  readonly ties?: Ties;
  /** `tensor` (default): each weight is ranked by itself. `model`: all weights given are ranked together. */
  readonly scope?: 'tensor' | 'model';
  /**
   * For scope `model`: the fraction of each weight's groups that is kept at least, from 0 to 1, for all weights or by
   * name (others: 0). Default 0, with which a weight can be pruned entirely.
   */
  readonly minKept?: number | Readonly<Record<string, number>>;
}

/** Checked ranking options. */
type Ranking = Required<RankingOptions>;

/** Checks ranking options and fills in their defaults. */
export function checkRanking({ ties = 'index', scope = 'tensor', minKept = 0 }: RankingOptions): Ranking {
  checkOneOf('ties', ties, ['index', 'keep']);
  checkOneOf('scope', scope, ['tensor', 'model']);
  if (typeof minKept === 'object' && minKept !== null) {
    for (const [name, fraction] of Object.entries(minKept)) checkFraction(`minKept[${show(name)}]`, fraction);
  } else if (typeof minKept === 'number') checkFraction('minKept', minKept);
  else throw refusal('minKept', minKept, 'a number from 0 to 1, or one for each name');
  if (scope === 'tensor' && minKept !== 0) {
    throw new MaskError(
      `minKept needs scope "model"; with scope "tensor" each weight has the same sparsity.`,
      {
        option: 'minKept',
        value: minKept,
      },
    );
  }
  return { ties, scope, minKept };
}

/** The scores of one weight. */
interface Scores {
  readonly name: string;
  readonly values: Float32Array;
}

/** Masks of the scores that are kept at a sparsity, one for each weight. */
export function rank(
  scores: readonly Scores[],
  sparsity: number,
  ranking: Ranking,
  reject: RejectNotFinite,
): Mask[] {
  checkFraction('sparsity', sparsity);
  if (ranking.scope === 'model') return rankTogether(scores, sparsity, ranking, reject);
  return scores.flatMap(({ values }, i) =>
    radixSelect([values], keepCount(values.length, sparsity), ranking.ties, (_, index) => reject(i, index)),
  );
}

/**
 * Ranks all scores together. A weight left with less than its floor is held at the floor, and the others are ranked
 * anew for what remains, until none is short.
 */
function rankTogether(
  scores: readonly Scores[],
  sparsity: number,
  { ties, minKept }: Ranking,
  reject: RejectNotFinite,
): Mask[] {
  const floors = floorsOf(scores, minKept);
  let keep = keepCount(
    scores.reduce((sum, { values }) => sum + values.length, 0),
    sparsity,
  );
  const masks = new Map<number, Mask>();
  let free = scores.map((_, i) => i);
  for (;;) {
    const selected = radixSelect(valuesOf(scores, free), Math.max(keep, 0), ties, (array, index) =>
      reject(free[array] as number, index),
    );
    const short = new Set(free.filter((i, at) => countKept(selected[at] as Mask) < (floors[i] as number)));
    free.forEach((i, at) => {
      masks.set(i, selected[at] as Mask);
    });
    if (short.size === 0) break;
    for (const i of short) {
      const floor = floors[i] as number;
      keep -= floor;
      for (const mask of radixSelect(valuesOf(scores, [i]), floor, ties, () => reject(i, 0)))
        masks.set(i, mask);
    }
    free = free.filter((i) => !short.has(i));
  }
  return scores.map((_, i) => masks.get(i) as Mask);
}

function valuesOf(scores: readonly Scores[], indices: readonly number[]): Float32Array[] {
  return indices.map((i) => (scores[i] as Scores).values);
}

/** How many scores of each weight are kept at least. */
function floorsOf(scores: readonly Scores[], minKept: Ranking['minKept']): number[] {
  if (typeof minKept === 'object') {
    const names = new Set(scores.map(({ name }) => name));
    const stranger = Object.keys(minKept).find((name) => !names.has(name));
    if (stranger !== undefined) {
      const known = [...names].map(show).join(', ');
      throw new MaskError(`minKept names ${show(stranger)}, which is none of the weights ${known}.`, {
        option: 'minKept',
        value: stranger,
      });
    }
  }
  return scores.map(({ name, values: { length } }) => {
    const fraction =
      typeof minKept === 'number' ? minKept : Object.hasOwn(minKept, name) ? (minKept[name] ?? 0) : 0;
    // 0.07 * 100 is above 7 in doubles; the floor is 7 all the same
    return Math.min(Math.ceil(fraction * length * (1 - 4 * Number.EPSILON)), length);
  });
}
