import { singleWeights } from './granularity.js';
import { rankedStrategy } from './ranked-strategy.js';
import type { RankingOptions } from './ranking.js';
import type { MaskStrategy } from './strategy.js';

/**
 * Prunes the weights of smallest magnitude, each by itself: tfmot's default.
 *
 * Works on weights of any kind and shape. Of N weights {@link keepCount}(N, sparsity) are kept: of each weight tensor,
 * or with `scope: 'model'` of all together, where `minKept` is the fraction of each that stays whatever its rank. The
 * count is exact unless the floors demand more, or `ties: 'keep'` keeps equal ones as tfmot does.
 *
 * S. Han et al., "Learning both weights and connections for efficient neural networks", https://arxiv.org/abs/1506.02626
 *
 * @throws MaskError when an option is not allowed; its `masks` when a weight is malformed, NaN or infinite.
 *
 * @example
 * ```ts
 * import { magnitude, unpackMask } from '@secateur/masks';
 *
 * const values = Float32Array.of(0.1, -3, 2, 0);
 * for (const mask of magnitude().masks([{ name: 'w', kind: 'dense', shape: [2, 2], values }], 0.5)) {
 *   console.log(unpackMask(mask)); // Float32Array(4) [ 0, 1, 1, 0 ]
 * }
 *
 * const global = magnitude({ scope: 'model', minKept: 0.05 }); // all weights ranked together, 5 % of each stay
 * console.log(global.scope); // model
 * ```
 */
export function magnitude(options: RankingOptions = {}): MaskStrategy {
  return rankedStrategy(singleWeights, { ...options, config: { kind: 'magnitude' } });
}
