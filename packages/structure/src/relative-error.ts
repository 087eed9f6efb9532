import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * The largest difference between two tensors over the largest absolute value of the first: 0 when they are equal, NaN in
 * the same places and infinities included; infinite when they differ in shape or in a value that is not finite.
 */
export async function relativeError(expected: Tensor, actual: Tensor): Promise<number> {
  if (expected.shape.join() !== actual.shape.join()) return Number.POSITIVE_INFINITY;
  const [a, b] = await Promise.all([expected.data(), actual.data()]);
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    if (Object.is(x, y) || x === y) {
      if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
    } else if (Number.isFinite(x) && Number.isFinite(y)) {
      largest = Math.max(largest, Math.abs(x));
      difference = Math.max(difference, Math.abs(x - y));
    } else {
      return Number.POSITIVE_INFINITY;
    }
  }
  return difference === 0 ? 0 : difference / largest;
}
