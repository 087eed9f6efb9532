import { checkWeight, notFinite, show } from './checks.js';
import type { Granularity } from './granularity.js';
import type { Mask } from './mask.js';
import { MaskError } from './mask-error.js';
import { checkRanking, type RankingOptions, rank } from './ranking.js';
import type { MaskStrategy, StrategyConfig } from './strategy.js';
import type { WeightView } from './weight.js';

/** Options of {@link rankedStrategy}. */
export interface RankedStrategyOptions extends RankingOptions {
  /** Whether groups are whole output units. Default false. */
  readonly prunesUnits?: boolean;
  /** The strategy as data, for `getConfig`, without the ranking options, which are added. Default: none. */
  readonly config?: StrategyConfig;
}

/**
 * A strategy from its parts: scores of groups of weights, ranked, of which the highest are kept.
 *
 * The count kept is that of {@link keepCount} on the number of groups, of each weight (scope `tensor`) or of all
 * together (scope `model`).
 *
 * @param granularity - which weights stand or fall together, and what they are worth.
 * @throws MaskError when an option is not allowed; its `masks` when a weight is malformed, NaN or infinite.
 *
 * @example
 * ```ts
 * import { rankedStrategy, unpackMask } from '@secateur/masks';
 *
 * // Small weights stay, large ones go.
 * const smallest = rankedStrategy({
 *   scores: (weight) => weight.values.map((value) => 1 / (1 + Math.abs(value))),
 *   expand: (groups) => groups,
 * });
 * const values = Float32Array.of(4, 3, 2, 1);
 * for (const mask of smallest.masks([{ name: 'w', kind: 'dense', shape: [2, 2], values }], 0.5)) {
 *   console.log(unpackMask(mask)); // Float32Array(4) [ 0, 0, 1, 1 ]
 * }
 * ```
 */
export function rankedStrategy(granularity: Granularity, options: RankedStrategyOptions = {}): MaskStrategy {
  const { prunesUnits = false, config } = options;
  const ranking = checkRanking(options);

  const masks = (weights: readonly WeightView[], sparsity: number): Mask[] => {
    weights.forEach(checkWeight);
    const scores = weights.map((weight) => ({ name: weight.name, values: granularity.scores(weight) }));
    const groups = rank(scores, sparsity, ranking, (array, group) => {
      const weight = weights[array] as WeightView;
      const index = weight.values.findIndex((value) => !Number.isFinite(value));
      if (index >= 0) throw notFinite(weight, index);
      const score = scores[array]?.values[group];
      throw new MaskError(
        `Weight ${show(weight.name)} has a score of ${score} for group ${group}; it must be finite.`,
        {
          option: weight.name,
          value: score,
        },
      );
    });
    return weights.map((weight, i) => granularity.expand(groups[i] as Mask, weight));
  };

  const { ties, scope, minKept } = ranking;
  return {
    scope,
    prunesUnits,
    masks,
    ...(config && { getConfig: () => ({ ...config, ties, scope, minKept }) }),
  };
}
