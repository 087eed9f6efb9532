import {
  bucketShift,
  countBuckets,
  firstNotFinite,
  keepAbove,
  magnitudeBits,
  mergeCounts,
  newBucketCounts,
} from './magnitude-buckets.js';
import type { Mask } from './mask.js';
import { onesMask, zerosMask } from './mask-making.js';

/** Which of equal magnitudes are kept: those of the lowest index, so that the count is exact, or all of them (tfmot). */
export type Ties = 'index' | 'keep';

/** Called with the place of the first value that is NaN or infinite. */
export type RejectNotFinite = (array: number, index: number) => never;

const smallestNormal = 0x00800000;
const digitBits = 10;
const digitMask = 1023;

/**
 * The masks that keep the `keep` values of largest magnitude of all `arrays` together.
 *
 * Exact, in time linear in the number of values: one pass counts them by bucket, the second sets the bits of those above
 * the bucket of the threshold and collects those in it, which are then sorted out by their lower bits.
 *
 * @param keep - from 0 to the number of values.
 */
export function radixSelect(
  arrays: readonly Float32Array[],
  keep: number,
  ties: Ties,
  reject: RejectNotFinite,
): Mask[] {
  const bits = arrays.map((values) => new Int32Array(values.buffer, values.byteOffset, values.length));
  const halves = newBucketCounts();
  for (const array of bits) countBuckets(array, halves);
  const counts = mergeCounts(halves);
  if (counts.subarray(firstNotFinite).some((count) => count > 0)) rejectFirst(bits, reject);
  const masks = arrays.map(({ length }) => zerosMask(length));
  if (keep <= 0) return masks;

  let bucket = firstNotFinite - 1;
  let left = keep;
  while (left > (counts[bucket] as number)) left -= counts[bucket--] as number;

  const size = counts[bucket] as number;
  const candidates = { indices: new Uint32Array(size), magnitudes: new Int32Array(size) };
  const ends: number[] = [];
  for (const [i, array] of bits.entries()) {
    ends.push(keepAbove(array, bucket, (masks[i] as Mask).words, candidates, ends[i - 1] ?? 0));
  }

  const threshold = findThreshold(candidates.magnitudes, bucket, left);
  // TensorFlow compares denormals as zeros, and everything is at least 0.
  if (ties === 'keep' && threshold.bits < smallestNormal) return arrays.map(({ length }) => onesMask(length));

  let tied = ties === 'keep' ? Number.POSITIVE_INFINITY : threshold.tied;
  let next = 0;
  for (const [i, end] of ends.entries()) {
    const { words } = masks[i] as Mask;
    for (; next < end; next++) {
      const magnitude = candidates.magnitudes[next] as number;
      if (magnitude < threshold.bits || (magnitude === threshold.bits && tied-- <= 0)) continue;
      const index = candidates.indices[next] as number;
      words[index >>> 5] = (words[index >>> 5] as number) | (1 << (index & 31));
    }
  }
  return masks;
}

function rejectFirst(arrays: readonly Int32Array[], reject: RejectNotFinite): never {
  for (const [array, bits] of arrays.entries()) {
    const index = bits.findIndex((value) => (value & magnitudeBits) >>> bucketShift >= firstNotFinite);
    if (index >= 0) reject(array, index);
  }
  throw new Error('No value is NaN or infinite.');
}

/** The `left`-th largest of the magnitudes of a bucket, and how many of those equal to it are among the `left` largest. */
function findThreshold(
  magnitudes: Int32Array,
  bucket: number,
  left: number,
): { readonly bits: number; readonly tied: number } {
  let bits = bucket; // the leading bits of the threshold
  let tied = left;
  for (const shift of [digitBits, 0]) {
    const counts = new Uint32Array(digitMask + 1);
    for (let i = 0; i < magnitudes.length; i++) {
      const magnitude = magnitudes[i] as number;
      if (magnitude >>> (shift + digitBits) === bits) {
        const digit = (magnitude >>> shift) & digitMask;
        counts[digit] = (counts[digit] as number) + 1;
      }
    }
    let digit = digitMask;
    while (tied > (counts[digit] as number)) tied -= counts[digit--] as number;
    bits = (bits << digitBits) | digit;
  }
  return { bits, tied };
}
