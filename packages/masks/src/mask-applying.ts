import type { Mask } from './mask.js';
import { MaskError } from './mask-error.js';

/**
 * Sets the values that the mask prunes to +0, in place, whatever they were (also NaN and -0), and gives `values` back.
 *
 * @throws MaskError when the lengths differ.
 *
 * @example
 * ```ts
 * import { applyMask, packMask } from '@secateur/masks';
 *
 * console.log(applyMask(Float32Array.of(3, -1, 2), packMask([1, 0, 1]))); // Float32Array(3) [ 3, 0, 2 ]
 * ```
 */
export function applyMask(values: Float32Array, mask: Mask): Float32Array {
  const { length, words } = mask;
  if (values.length !== length) {
    throw new MaskError(`values must have the mask's length, ${length}, but has ${values.length}.`, {
      option: 'values',
      value: values.length,
    });
  }
  const bits = new Int32Array(values.buffer, values.byteOffset, length);
  for (let w = 0, start = 0; start < length; w++, start += 32) {
    const end = Math.min(start + 32, length);
    let word = words[w] as number;
    for (let i = start; i < end; i++) {
      bits[i] = (bits[i] as number) & -(word & 1);
      word >>>= 1;
    }
  }
  return values;
}

/**
 * A mask that keeps what both masks keep.
 *
 * @throws MaskError when the lengths differ.
 *
 * @example
 * ```ts
 * import { intersectMasks, packMask, unpackMask } from '@secateur/masks';
 *
 * console.log(unpackMask(intersectMasks(packMask([1, 0, 1]), packMask([1, 1, 0])))); // Float32Array(3) [ 1, 0, 0 ]
 * ```
 */
export function intersectMasks(a: Mask, b: Mask): Mask {
  if (a.length !== b.length) {
    throw new MaskError(`Masks of the same length can be intersected, not of ${a.length} and ${b.length}.`, {
      option: 'b',
      value: b.length,
    });
  }
  return { length: a.length, words: a.words.map((word, i) => word & (b.words[i] as number)) };
}
