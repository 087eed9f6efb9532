import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMask, intersectMasks } from './mask-applying.js';
import { maskFromWords, onesMask, packMask } from './mask-making.js';
import { countKept, equalMasks, isKept, maskSparsity, unpackMask } from './mask-reading.js';

const anyBits = fc.array(fc.constantFrom(0, 1), { maxLength: 130 });

describe('masks', () => {
  it('put element i at bit i % 32 of word i / 32', () => {
    const bits = Array.from({ length: 35 }, (_, i) => (i === 0 || i === 31 || i === 33 ? 1 : 0));
    expect(packMask(bits)).toEqual({ length: 35, words: Uint32Array.of(0x80000001, 2) });
  });

  it('round-trip through words and numbers', () => {
    fc.assert(
      fc.property(anyBits, (bits) => {
        const mask = packMask(bits);
        const kept = bits.filter((bit) => bit === 1).length;
        expect([...unpackMask(mask)]).toEqual(bits);
        expect(bits.map((_, i) => (isKept(mask, i) ? 1 : 0))).toEqual(bits);
        expect(countKept(mask)).toBe(kept);
        expect(maskSparsity(mask)).toBeCloseTo(bits.length === 0 ? 0 : 1 - kept / bits.length, 12);
        expect(maskFromWords(mask.length, mask.words)).toEqual(mask);
        expect(maskFromWords(mask.length, Int32Array.from(mask.words))).toEqual(mask);
        expect(equalMasks(mask, packMask(bits))).toBe(true);
        expect(equalMasks(mask, packMask([...bits, 0]))).toBe(false);
        if (bits.length > 0) {
          const other = packMask(bits.map((bit, i) => (i === bits.length - 1 ? 1 - bit : bit)));
          expect(equalMasks(mask, other)).toBe(false);
        }
      }),
    );
  });

  it.each([0, 1, 31, 32, 33, 64, 100])('of %i ones keep all, and have no bit past the end', (length) => {
    const mask = onesMask(length);
    expect(countKept(mask)).toBe(length);
    expect(mask).toEqual(packMask(new Float32Array(length).fill(1)));
  });

  it('pack what is neither 0 nor false as kept', () => {
    expect([...unpackMask(packMask([0, -0, 1, -2, 0.5, true, false]))]).toEqual([0, 0, 1, 1, 1, 1, 0]);
  });

  it('intersect', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 1)), { maxLength: 70 }),
        (pairs) => {
          const [a, b] = [packMask(pairs.map(([x]) => x)), packMask(pairs.map(([, y]) => y))];
          expect(intersectMasks(a, b)).toEqual(packMask(pairs.map(([x, y]) => x * y)));
        },
      ),
    );
  });

  it('apply in place: what is pruned becomes +0, what is kept stays to the bit', () => {
    const values = Float32Array.of(1, -1, -0, Number.NaN, Number.POSITIVE_INFINITY, -0, 1e-45);
    expect(applyMask(values, packMask([1, 0, 0, 0, 0, 1, 1]))).toBe(values);
    expect([...values]).toEqual([1, 0, 0, 0, 0, -0, Math.fround(1e-45)]);
  });

  it('apply to a part of a buffer only', () => {
    const buffer = new Float32Array(40).fill(1);
    applyMask(buffer.subarray(2, 37), packMask(new Array(35).fill(0)));
    expect([...buffer].map((value, i) => (value === 0 ? i : -1)).filter((i) => i >= 0)).toEqual(
      Array.from({ length: 35 }, (_, i) => i + 2),
    );
  });

  it('unpack into the array they are given', () => {
    const out = new Float32Array(3).fill(7);
    expect(unpackMask(packMask([0, 1, 0]), out)).toBe(out);
    expect([...out]).toEqual([0, 1, 0]);
  });

  it.each([
    [32, [1, 0], 'A mask of 32 elements has 1 words, but words has 2.'],
    [33, [1], 'A mask of 33 elements has 2 words, but words has 1.'],
    [33, [1, 2], "words[1] has bits past the mask's 33 elements; they must be 0."],
    [3, [-1], "words[0] has bits past the mask's 3 elements; they must be 0."],
    [32, [0.5], 'words[0] must be an integer of 32 bits, but is 0.5.'],
    [32, [2 ** 32], 'words[0] must be an integer of 32 bits, but is 4294967296.'],
    [32, [Number.NaN], 'words[0] must be an integer of 32 bits, but is NaN.'],
    [-1, [], 'length must be an integer of at least 0, but is -1.'],
    [1.5, [1], 'length must be an integer of at least 0, but is 1.5.'],
  ])('refuse words: length %d, words %j', (length, words, message) => {
    expect(() => maskFromWords(length, words)).toThrow(message);
  });

  it('refuse other lengths', () => {
    const mask = onesMask(3);
    expect(() => applyMask(new Float32Array(4), mask)).toThrow(
      "values must have the mask's length, 3, but has 4.",
    );
    expect(() => unpackMask(mask, new Float32Array(2))).toThrow(
      "out must have the mask's length, 3, but has 2.",
    );
    expect(() => intersectMasks(mask, onesMask(4))).toThrow('not of 3 and 4');
  });

  it('copy the words they are made of', () => {
    const words = Uint32Array.of(1);
    const mask = maskFromWords(2, words);
    words[0] = 2;
    expect([...unpackMask(mask)]).toEqual([1, 0]);
  });
});
