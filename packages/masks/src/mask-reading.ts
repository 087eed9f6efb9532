import type { Mask } from './mask.js';
import { MaskError } from './mask-error.js';

/**
 * Whether element `index` (row-major) is kept. An index past the end is not.
 *
 * @example
 * ```ts
 * import { isKept, packMask } from '@secateur/masks';
 *
 * console.log(isKept(packMask([1, 0]), 1)); // false
 * ```
 */
export function isKept(mask: Mask, index: number): boolean {
  return (((mask.words[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
}

/**
 * How many elements are kept.
 *
 * @example
 * ```ts
 * import { countKept, packMask } from '@secateur/masks';
 *
 * console.log(countKept(packMask([1, 0, 1, 1]))); // 3
 * ```
 */
export function countKept(mask: Mask): number {
  let count = 0;
  for (let i = 0; i < mask.words.length; i++) count += countBits(mask.words[i] as number);
  return count;
}

/** How many bits of a word are set. */
function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * The fraction of elements that are pruned, in [0, 1]. An empty mask has sparsity 0.
 *
 * @example
 * ```ts
 * import { maskSparsity, packMask } from '@secateur/masks';
 *
 * console.log(maskSparsity(packMask([1, 0, 1, 1]))); // 0.25
 * ```
 */
export function maskSparsity(mask: Mask): number {
  return mask.length === 0 ? 0 : 1 - countKept(mask) / mask.length;
}

/**
 * The mask as numbers: 1 where an element is kept, 0 where it is pruned.
 *
 * @param out - written and given back; it must have the mask's length. Default: a new array.
 * @throws MaskError when `out` has another length.
 *
 * @example
 * ```ts
 * import { packMask, unpackMask } from '@secateur/masks';
 *
 * console.log(unpackMask(packMask([true, false, true]))); // Float32Array(3) [ 1, 0, 1 ]
 * ```
 */
export function unpackMask(mask: Mask, out: Float32Array = new Float32Array(mask.length)): Float32Array {
  const { length, words } = mask;
  if (out.length !== length) {
    throw new MaskError(`out must have the mask's length, ${length}, but has ${out.length}.`, {
      option: 'out',
      value: out.length,
    });
  }
  for (let w = 0, start = 0; start < length; w++, start += 32) {
    const end = Math.min(start + 32, length);
    let word = words[w] as number;
    for (let i = start; i < end; i++) {
      out[i] = word & 1;
      word >>>= 1;
    }
  }
  return out;
}

/**
 * Whether two masks keep the same elements of the same number.
 *
 * @example
 * ```ts
 * import { equalMasks, onesMask, packMask } from '@secateur/masks';
 *
 * console.log(equalMasks(onesMask(2), packMask([1, 1]))); // true
 * ```
 */
export function equalMasks(a: Mask, b: Mask): boolean {
  return a.length === b.length && a.words.every((word, i) => word === b.words[i]);
}
