import { checkOneOf, refusal, show } from './checks.js';
import type { Mask } from './mask.js';
import { MaskError } from './mask-error.js';
import { radixSelect, type Ties } from './radix-select.js';

/** Options of {@link selectLargest}. */
export interface SelectLargestOptions {
  /**
   * `index` (default): of equal magnitudes those of the lowest array, then of the lowest index are kept, so that exactly
   * `keep` are. `keep`: everything that is at least the `keep`-th largest magnitude is kept, as in tfmot, with denormals
   * taken as zeros.
   */
  readonly ties?: Ties;
}

/**
 * One mask for each array, which together keep the `keep` values of largest magnitude of all arrays.
 *
 * An exact radix select over the bits of the values, in linear time.
 *
 * @param keep - an integer from 0 to the number of all values.
 * @throws MaskError when `keep` is out of its range, or a value is NaN or infinite.
 *
 * @example
 * ```ts
 * import { selectLargest, unpackMask } from '@secateur/masks';
 *
 * const [mask] = selectLargest([Float32Array.of(0.1, -3, 2, 0)], 2);
 * if (mask) console.log(unpackMask(mask)); // Float32Array(4) [ 0, 1, 1, 0 ]
 * ```
 */
export function selectLargest(
  arrays: readonly Float32Array[],
  keep: number,
  options: SelectLargestOptions = {},
): Mask[] {
  const { ties = 'index' } = options;
  checkOneOf('ties', ties, ['index', 'keep']);
  const total = arrays.reduce((sum, { length }) => sum + length, 0);
  if (!(Number.isSafeInteger(keep) && keep >= 0 && keep <= total)) {
    throw refusal('keep', keep, `an integer from 0 to the number of values, ${total}`);
  }
  return radixSelect(arrays, keep, ties, (array, index) => {
    const value = arrays[array]?.[index];
    throw new MaskError(
      `arrays[${array}] is ${show(value)} at index ${index}; only finite values can be ranked.`,
      {
        option: 'arrays',
        value,
      },
    );
  });
}
