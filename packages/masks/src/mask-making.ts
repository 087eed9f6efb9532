import { checkInteger } from './checks.js';
import type { Mask } from './mask.js';
import { MaskError } from './mask-error.js';

/** The bits of the last word that stand for elements. */
function tailBits(length: number): number {
  return length % 32 === 0 ? -1 : (1 << (length % 32)) - 1;
}

/** A mask that keeps nothing. */
export function zerosMask(length: number): Mask {
  return { length, words: new Uint32Array(Math.ceil(length / 32)) };
}

/**
 * A mask of `length` elements that keeps all of them.
 *
 * @throws MaskError when `length` is not an integer of at least 0.
 *
 * @example
 * ```ts
 * import { countKept, onesMask } from '@secateur/masks';
 *
 * console.log(countKept(onesMask(100))); // 100
 * ```
 */
export function onesMask(length: number): Mask {
  checkInteger('length', length, 0);
  const mask = zerosMask(length);
  mask.words.fill(0xffffffff);
  if (length > 0) mask.words[mask.words.length - 1] = tailBits(length);
  return mask;
}

/**
 * A mask that keeps every element that is neither 0 nor false.
 *
 * @example
 * ```ts
 * import { packMask } from '@secateur/masks';
 *
 * console.log(packMask([1, 0, 1, 1]).words[0]); // 13
 * ```
 */
export function packMask(kept: ArrayLike<boolean | number>): Mask {
  const mask = zerosMask(kept.length);
  const { words } = mask;
  for (let i = 0; i < kept.length; i++) {
    const value = kept[i];
    if (value !== 0 && value !== false) words[i >>> 5] = (words[i >>> 5] as number) | (1 << (i & 31));
  }
  return mask;
}

/**
 * A mask from its words, as they were stored: signed or unsigned integers of 32 bits. The words are copied.
 *
 * @throws MaskError when there are too few or too many words, a word is not an integer of 32 bits, or a bit past the
 * end is set.
 *
 * @example
 * ```ts
 * import { isKept, maskFromWords } from '@secateur/masks';
 *
 * const mask = maskFromWords(40, Int32Array.of(-1, 0b10000001));
 * console.log(isKept(mask, 38), isKept(mask, 39)); // false true
 * ```
 */
export function maskFromWords(length: number, words: ArrayLike<number>): Mask {
  checkInteger('length', length, 0);
  const count = Math.ceil(length / 32);
  if (words.length !== count) {
    throw new MaskError(`A mask of ${length} elements has ${count} words, but words has ${words.length}.`, {
      option: 'words',
      value: words.length,
    });
  }
  for (let i = 0; i < count; i++) {
    const word = words[i] as number;
    if (word >>> 0 !== word && (word | 0) !== word) {
      throw new MaskError(`words[${i}] must be an integer of 32 bits, but is ${word}.`, {
        option: 'words',
        value: word,
      });
    }
  }
  const mask = { length, words: Uint32Array.from(words) };
  const last = mask.words[count - 1] ?? 0;
  if ((last & ~tailBits(length)) !== 0) {
    throw new MaskError(`words[${count - 1}] has bits past the mask's ${length} elements; they must be 0.`, {
      option: 'words',
      value: last,
    });
  }
  return mask;
}
