import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaskError } from './mask-error.js';
import { unpackMask } from './mask-reading.js';
import { selectLargest } from './select-largest.js';

/** The kept places by a plain stable sort: larger magnitudes first, then lower index. */
function bySorting(arrays: readonly Float32Array[], keep: number): number[][] {
  const all = arrays.flatMap((values, array) =>
    Array.from(values, (value, index) => ({ value: Math.abs(value), array, index })),
  );
  const kept = all
    .toSorted((a, b) => b.value - a.value || a.array - b.array || a.index - b.index)
    .slice(0, keep);
  return arrays.map((values, array) => {
    const mask: number[] = new Array(values.length).fill(0);
    for (const place of kept) if (place.array === array) mask[place.index] = 1;
    return mask;
  });
}

const value = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 0.5, -0.5, 1, -1, 1e-45, -1e-45, 3e-39, 2 ** -126, 3.4028234663852886e38),
  fc.integer({ min: -4, max: 4 }).map((n) => n / 4),
  fc.integer({ min: 0, max: 40 }).map((n) => 1 + n * 2 ** -23), // equal but for the last bits
);
const array = fc.array(value, { maxLength: 150 }).map((values) => Float32Array.from(values));

function select(arrays: Float32Array[], keep: number, ties: 'index' | 'keep' = 'index'): number[][] {
  return selectLargest(arrays, keep, { ties }).map((mask) => [...unpackMask(mask)]);
}

describe('selectLargest', () => {
  it('keeps exactly what a sort keeps, of several arrays together', () => {
    fc.assert(
      fc.property(
        fc.array(array, { maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (arrays, part) => {
          const total = arrays.reduce((sum, { length }) => sum + length, 0);
          const keep = Math.round(part * total);
          expect(select(arrays, keep)).toEqual(bySorting(arrays, keep));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps everything at the threshold with ties "keep", where denormals are zeros', () => {
    const flushed = (x: number) => (Math.abs(x) < 2 ** -126 ? 0 : Math.abs(x));
    fc.assert(
      fc.property(fc.array(array, { minLength: 1, maxLength: 3 }), fc.nat(), (arrays, at) => {
        const all = arrays.flatMap((values) => Array.from(values, flushed)).sort((a, b) => b - a);
        fc.pre(all.length > 0);
        const keep = (at % all.length) + 1;
        const threshold = all[keep - 1] ?? 0;
        expect(select(arrays, keep, 'keep')).toEqual(
          arrays.map((values) => Array.from(values, (x) => (flushed(x) >= threshold ? 1 : 0))),
        );
      }),
    );
  });

  it.each<[string, number[], number, number[]]>([
    ['equal values: the lowest index', [2, -2, 2, 2], 2, [1, 1, 0, 0]],
    ['zeros of both signs are equal', [-0, 0, 0], 1, [1, 0, 0]],
    ['denormals are told apart', [1e-45, 3e-45, 0], 1, [0, 1, 0]],
    ['neighbouring floats are told apart', [1, 1 + 2 ** -23, 1], 1, [0, 1, 0]],
    ['one value', [0], 1, [1]],
    ['nothing kept', [1, 2], 0, [0, 0]],
    ['nothing there', [], 0, []],
  ])('%s', (_, values, keep, kept) => {
    expect(select([Float32Array.from(values)], keep)).toEqual([kept]);
  });

  it('keeps all of equal zeros with ties "keep", as tfmot does', () => {
    expect(select([Float32Array.of(0, 1e-45, 5, 0)], 2, 'keep')).toEqual([[1, 1, 1, 1]]);
  });

  it('keeps ties of the first array before those of the second', () => {
    expect(select([Float32Array.of(1, 3), Float32Array.of(1, 1)], 3)).toEqual([
      [1, 1],
      [1, 0],
    ]);
  });

  it('agrees with a sort on 20,003 values, and on views into a buffer', () => {
    const buffer = Float32Array.from({ length: 20_010 }, (_, i) => Math.sin(i * i) ** 3);
    const values = buffer.subarray(5, 20_008);
    const before = values.slice();
    for (const keep of [1, 777, 10_000, 20_002])
      expect(select([values], keep)).toEqual(bySorting([values], keep));
    expect(values).toEqual(before);
  });

  it.each([Number.NaN, -Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses %d',
    (bad) => {
      const values = new Float32Array(7).fill(1);
      values[6] = bad;
      const run = () => selectLargest([Float32Array.of(1), values], 2);
      expect(run).toThrow(`arrays[1] is ${bad} at index 6; only finite values can be ranked.`);
      expect(run).toThrow(MaskError);
    },
  );

  it.each([-1, 1.5, 3, Number.NaN])('refuses to keep %d of 2', (keep) => {
    expect(() => selectLargest([Float32Array.of(1, 2)], keep)).toThrow(/^keep must be an integer from 0 to/);
  });
});
