import { setBits, setPattern } from './bit-runs.js';
import { checkOneOf, show } from './checks.js';
import type { Granularity } from './granularity.js';
import type { Mask } from './mask.js';
import { MaskError } from './mask-error.js';
import { zerosMask } from './mask-making.js';
import { isKept } from './mask-reading.js';
import { rankedStrategy } from './ranked-strategy.js';
import type { RankingOptions } from './ranking.js';
import type { MaskStrategy } from './strategy.js';
import { type Norm, scoreUnits } from './unit-scores.js';
import type { WeightKind, WeightView } from './weight.js';
import { type UnitLayout, unitsOf } from './weight-axes.js';

/** Options of {@link neurons} and {@link filters}. */
export interface UnitOptions extends RankingOptions {
  /**
   * By what units are ranked: the `l1` norm (default) or the `l2` norm of their weights, each by the number of weights,
   * as mean magnitude or root mean square, so that units of different sizes can be ranked together.
   */
  readonly norm?: Norm;
}

/**
 * Prunes whole neurons: the output units (columns) of dense weights, by the norm of their weights.
 *
 * Of U units {@link keepCount}(U, sparsity) are kept, and the bias of a pruned one goes with it. With `scope: 'model'`
 * the units of all weights are ranked together; `minKept` keeps a part of each.
 *
 * H. Li et al., "Pruning filters for efficient ConvNets", https://arxiv.org/abs/1608.08710
 *
 * @throws MaskError when an option is not allowed; its `masks` when a weight is malformed, not `dense`, NaN or infinite.
 *
 * @example
 * ```ts
 * import { neurons, unpackMask } from '@secateur/masks';
 *
 * const values = Float32Array.of(1, 5, 2, 0);
 * for (const mask of neurons().masks([{ name: 'w', kind: 'dense', shape: [2, 2], values }], 0.5)) {
 *   console.log(unpackMask(mask)); // Float32Array(4) [ 0, 1, 0, 1 ]
 * }
 * ```
 */
export function neurons(options: UnitOptions = {}): MaskStrategy {
  return unitStrategy('neurons', ['dense'], 'filters for convolutions', options);
}

/**
 * Prunes whole filters: the output channels of convolutions (also transposed and depthwise ones), by the norm of their
 * weights.
 *
 * Of U filters {@link keepCount}(U, sparsity) are kept, and the bias of a pruned one goes with it. With
 * `scope: 'model'` the filters of all weights are ranked together; `minKept` keeps a part of each.
 *
 * H. Li et al., "Pruning filters for efficient ConvNets", https://arxiv.org/abs/1608.08710
 *
 * @throws MaskError when an option is not allowed; its `masks` when a weight is malformed, not of a convolution, NaN or
 * infinite.
 *
 * @example
 * ```ts
 * import { filters, unpackMask } from '@secateur/masks';
 *
 * const values = Float32Array.of(1, 5, 2, 0);
 * for (const mask of filters({ norm: 'l2' }).masks([{ name: 'w', kind: 'conv', shape: [2, 1, 2], values }], 0.5)) {
 *   console.log(unpackMask(mask)); // Float32Array(4) [ 0, 1, 0, 1 ]
 * }
 * ```
 */
export function filters(options: UnitOptions = {}): MaskStrategy {
  return unitStrategy(
    'filters',
    ['conv', 'conv-transpose', 'depthwise'],
    'neurons for dense weights',
    options,
  );
}

function unitStrategy(
  kind: string,
  allowed: readonly WeightKind[],
  instead: string,
  options: UnitOptions,
): MaskStrategy {
  const { norm = 'l1', ...ranking } = options;
  checkOneOf('norm', norm, ['l1', 'l2']);
  const layoutOf = (weight: WeightView): UnitLayout => {
    if (!allowed.includes(weight.kind)) {
      const kinds = allowed.map(show).join(', ');
      throw new MaskError(
        `Weight ${show(weight.name)} is of kind ${show(weight.kind)}, but ${kind} prunes ${kinds}; use ${instead}, or leave it alone.`,
        { option: weight.name, value: weight.kind },
      );
    }
    return unitsOf(weight);
  };
  const granularity: Granularity = {
    scores: (weight) => scoreUnits(weight.values, layoutOf(weight), norm),
    expand: (groups, weight) => expandUnits(groups, layoutOf(weight)),
  };
  return rankedStrategy(granularity, { ...ranking, prunesUnits: true, config: { kind, norm } });
}

/** The mask of the weights of which the units are kept. */
function expandUnits(groups: Mask, { outer, units, inner }: UnitLayout): Mask {
  const mask = zerosMask(outer * units * inner);
  let pattern = groups;
  if (inner > 1) {
    pattern = zerosMask(units * inner);
    for (let unit = 0; unit < units; unit++) {
      if (isKept(groups, unit)) setBits(pattern.words, unit * inner, (unit + 1) * inner);
    }
  }
  for (let o = 0; o < outer; o++) setPattern(mask.words, o * pattern.length, pattern.words, pattern.length);
  return mask;
}
