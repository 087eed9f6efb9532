import { checkFraction, checkWeight, show } from './checks.js';
import type { Mask } from './mask.js';
import { MaskError } from './mask-error.js';
import type { JsonValue, MaskFunction, MaskStrategy } from './strategy.js';

/** Options of {@link fromFunction}. */
export interface FromFunctionOptions {
  /** The name under which the strategy is registered. Without it, `getConfig` is missing. */
  readonly kind?: string;
  /** The parameters of the strategy, for `getConfig`. Default: none. */
  readonly config?: Readonly<Record<string, JsonValue>>;
  /** Whether the function prunes whole output units, so that a pruned unit's bias goes with it. Default false. */
  readonly prunesUnits?: boolean;
}

/**
 * A strategy from one function, which is given a weight and a sparsity and gives a mask.
 *
 * The function must be pure: the same weight and sparsity give the same mask. To save a model that uses it, give it a
 * `kind` and register that with {@link registerStrategy}.
 *
 * @throws MaskError from its `masks` when a weight is malformed, or the function gives no mask of the weight's length.
 *
 * @example
 * ```ts
 * import { fromFunction, packMask, unpackMask } from '@secateur/masks';
 *
 * const positive = fromFunction((weight) => packMask(Array.from(weight.values, (value) => value > 0)));
 * const values = Float32Array.of(1, -4, 3);
 * for (const mask of positive.masks([{ name: 'w', kind: 'other', shape: [3], values }], 0.5)) {
 *   console.log(unpackMask(mask)); // Float32Array(3) [ 1, 0, 1 ]
 * }
 * ```
 */
export function fromFunction(maskOf: MaskFunction, options: FromFunctionOptions = {}): MaskStrategy {
  const { kind, config, prunesUnits = false } = options;
  return {
    scope: 'tensor',
    prunesUnits,
    masks: (weights, sparsity) => {
      checkFraction('sparsity', sparsity);
      return weights.map((weight) => {
        checkWeight(weight);
        const mask: unknown = maskOf(weight, sparsity);
        const { length } = weight.values;
        if (!isMask(mask) || mask.length !== length || mask.words.length !== Math.ceil(length / 32)) {
          throw new MaskError(
            `The mask function must give a mask of length ${length} for weight ${show(weight.name)}, but gave ${
              isMask(mask) ? `one of length ${mask.length} in ${mask.words.length} words` : show(mask)
            }.`,
            { option: weight.name, value: mask },
          );
        }
        return mask;
      });
    },
    ...(kind !== undefined && { getConfig: () => ({ ...config, kind }) }),
  };
}

function isMask(value: unknown): value is Mask {
  return (
    typeof value === 'object' && value !== null && 'words' in value && value.words instanceof Uint32Array
  );
}
