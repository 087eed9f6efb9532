import type { Mask } from './mask.js';
import { onesMask, zerosMask } from './mask-making.js';

/** Which of equal magnitudes are kept: those of the lowest index, so that the count is exact, or all of them (tfmot). */
export type Ties = 'index' | 'keep';

/** Called with the place of the first value that is NaN or infinite. */
export type RejectNotFinite = (array: number, index: number) => never;

// The magnitude of a float32 is ordered as its bits without the sign. The top 11 of these 31 bits pick a bucket (its
// counts fit the first-level cache); only the bucket in which the threshold lies is looked at more closely.
const magnitudeBits = 0x7fffffff;
const bucketShift = 20;
const bucketCount = 2048;
const firstNotFinite = 0x7f800000 >>> bucketShift;
const smallestNormal = 0x00800000;
const digitBits = 10;
const digitMask = 1023;

/**
 * The masks that keep the `keep` values of largest magnitude of all `arrays` together. Exact, in time linear in the
 * number of values: two passes over them, and three over those in the bucket of the threshold.
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
  const masks = arrays.map(({ length }) => zerosMask(length));
  const counts = new Uint32Array(2 * bucketCount);
  for (const array of bits) countBuckets(array, counts);
  for (let i = 0; i < bucketCount; i++) {
    counts[i] = (counts[i] as number) + (counts[i + bucketCount] as number);
  }
  if (counts.subarray(firstNotFinite, bucketCount).some((count) => count > 0)) rejectFirst(bits, reject);
  if (keep <= 0) return masks;

  let bucket = firstNotFinite - 1;
  let left = keep;
  while (bucket > 0 && left > (counts[bucket] as number)) left -= counts[bucket--] as number;

  const candidates = new Uint32Array((counts[bucket] as number) + 1); // 1 more: the slot that is written but not taken
  const ends: number[] = [];
  let end = 0;
  for (const [i, array] of bits.entries()) {
    end = keepAbove(array, bucket, (masks[i] as Mask).words, candidates, end);
    ends.push(end);
  }

  const threshold = findThreshold(bits, candidates, ends, left);
  // TensorFlow compares denormals as zeros, and everything is at least 0.
  if (ties === 'keep' && threshold.bits < smallestNormal) return arrays.map(({ length }) => onesMask(length));
  let tied = ties === 'keep' ? Number.POSITIVE_INFINITY : threshold.tied;
  let start = 0;
  for (const [i, array] of bits.entries()) {
    const stop = ends[i] as number;
    tied = keepCandidates(
      array,
      candidates.subarray(start, stop),
      threshold.bits,
      tied,
      (masks[i] as Mask).words,
    );
    start = stop;
  }
  return masks;
}

/** Counts the values of each bucket, those of even and of odd index apart, as equal neighbours would wait for each other. */
function countBuckets(bits: Int32Array, counts: Uint32Array): void {
  const { length } = bits;
  const even = length & ~1;
  for (let i = 0; i < even; i += 2) {
    const a = ((bits[i] as number) & magnitudeBits) >>> bucketShift;
    const b = (((bits[i + 1] as number) & magnitudeBits) >>> bucketShift) + bucketCount;
    counts[a] = (counts[a] as number) + 1;
    counts[b] = (counts[b] as number) + 1;
  }
  if (even < length) {
    const last = ((bits[even] as number) & magnitudeBits) >>> bucketShift;
    counts[last] = (counts[last] as number) + 1;
  }
}

function rejectFirst(arrays: readonly Int32Array[], reject: RejectNotFinite): never {
  for (const [array, bits] of arrays.entries()) {
    const index = bits.findIndex((value) => (value & magnitudeBits) >>> bucketShift >= firstNotFinite);
    if (index >= 0) reject(array, index);
  }
  throw new Error('No value is NaN or infinite.');
}

/**
 * Keeps the values above the bucket, and writes the index of those in it to `candidates` from `end` on.
 * Gives the new end.
 */
function keepAbove(
  bits: Int32Array,
  bucket: number,
  words: Uint32Array,
  candidates: Uint32Array,
  end: number,
): number {
  const { length } = bits;
  const top = ((bucket + 1) << bucketShift) - 1;
  let next = end;
  for (let w = 0, first = 0; first < length; w++, first += 32) {
    const stop = Math.min(first + 32, length);
    let word = 0;
    for (let i = first; i < stop; i++) {
      const magnitude = (bits[i] as number) & magnitudeBits;
      word = (word >>> 1) | ((top - magnitude) & 0x80000000);
      candidates[next] = i;
      next += (((magnitude >>> bucketShift) ^ bucket) - 1) >>> 31;
    }
    words[w] = word >>> (32 - (stop - first));
  }
  return next;
}

/** The bits of the `left`-th largest candidate, and how many of the candidates equal to it are among the `left` largest. */
function findThreshold(
  arrays: readonly Int32Array[],
  candidates: Uint32Array,
  ends: readonly number[],
  left: number,
): { bits: number; tied: number } {
  const total = ends.at(-1) ?? 0;
  const magnitudes = new Int32Array(total);
  let next = 0;
  for (const [i, bits] of arrays.entries()) {
    for (const stop = ends[i] as number; next < stop; next++) {
      magnitudes[next] = (bits[candidates[next] as number] as number) & magnitudeBits;
    }
  }
  let prefix = (magnitudes[0] as number) >>> bucketShift;
  let tied = left;
  for (const shift of [digitBits, 0]) {
    const counts = new Uint32Array(digitMask + 1);
    for (let i = 0; i < total; i++) {
      const magnitude = magnitudes[i] as number;
      if (magnitude >>> (shift + digitBits) === prefix) {
        const digit = (magnitude >>> shift) & digitMask;
        counts[digit] = (counts[digit] as number) + 1;
      }
    }
    let digit = digitMask;
    while (tied > (counts[digit] as number)) tied -= counts[digit--] as number;
    prefix = (prefix << digitBits) | digit;
  }
  return { bits: prefix, tied };
}

/** Keeps the candidates above the threshold, and the first `tied` of those at it. Gives what is left of `tied`. */
function keepCandidates(
  bits: Int32Array,
  candidates: Uint32Array,
  threshold: number,
  tied: number,
  words: Uint32Array,
): number {
  let left = tied;
  for (let i = 0; i < candidates.length; i++) {
    const index = candidates[i] as number;
    const magnitude = (bits[index] as number) & magnitudeBits;
    if (magnitude < threshold || (magnitude === threshold && left-- <= 0)) continue;
    words[index >>> 5] = (words[index >>> 5] as number) | (1 << (index & 31));
  }
  return Math.max(left, 0);
}
