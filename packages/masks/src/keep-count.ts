import { checkFraction, checkInteger } from './checks.js';

/**
 * How many of `size` elements a sparsity keeps: tfmot's count, in its float32 arithmetic.
 *
 * `k = max(roundHalfEven(float32(size) * float32(1 - float32(sparsity))), 1)`, and never more than `size`. At least one
 * element is kept, and at sparsity 0 all are.
 *
 * @param size - an integer of at least 0.
 * @param sparsity - the fraction to prune, from 0 to 1.
 * @throws MaskError when an argument is out of its range.
 *
 * @example
 * ```ts
 * import { keepCount } from '@secateur/masks';
 *
 * console.log(keepCount(10, 0.75)); // 2, not 3: half of a weight goes to the even count
 * console.log(keepCount(45, 0.9)); // 5, not 4: in float32, 45 * (1 - 0.9) is above 4.5
 * ```
 */
export function keepCount(size: number, sparsity: number): number {
  checkInteger('size', size, 0);
  checkFraction('sparsity', sparsity);
  if (sparsity === 0) return size; // above 2^24, float32(size) may be less
  const kept = Math.fround(Math.fround(size) * Math.fround(1 - Math.fround(sparsity)));
  return Math.min(Math.max(roundHalfEven(kept), 1), size);
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const part = value - below;
  return part > 0.5 || (part === 0.5 && below % 2 === 1) ? below + 1 : below;
}
