import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepCount } from './keep-count.js';
import { magnitude } from './magnitude.js';
import { countKept, unpackMask } from './mask-reading.js';

const named = (...lists: number[][]) =>
  lists.map((values, i) => ({
    name: `w${i}`,
    kind: 'other' as const,
    shape: [values.length],
    values: Float32Array.from(values),
  }));

const kept = (strategy: ReturnType<typeof magnitude>, weights: ReturnType<typeof named>, sparsity: number) =>
  strategy.masks(weights, sparsity).map((mask) => unpackMask(mask).join(''));

describe('magnitude', () => {
  const weights = named([1, -2, 3, -4], [10, 20, 30, 40]);

  it('ranks each weight by itself, or all together', () => {
    expect(kept(magnitude(), weights, 0.5)).toEqual(['0011', '0011']);
    expect(kept(magnitude({ scope: 'model' }), weights, 0.5)).toEqual(['0000', '1111']);
  });

  it('keeps ties by index, or all of them', () => {
    expect(kept(magnitude(), named([1, 1, 1, 1]), 0.5)).toEqual(['1100']);
    expect(kept(magnitude({ ties: 'keep' }), named([1, 1, 1, 1]), 0.5)).toEqual(['1111']);
    expect(kept(magnitude({ ties: 'keep' }), named([0, 0, 0, 1]), 0.5)).toEqual(['1111']);
  });

  it.each([
    [0.5, ['0011', '0011']],
    [0.25, ['0001', '0111']],
    [0.01, ['0001', '0111']],
    [1, ['1111', '1111']],
    [{ w0: 0.75 }, ['0111', '0001']],
    [{ w0: 0.5, w1: 1 }, ['0011', '1111']],
  ])('with floors of %j keeps %j', (minKept, masks) => {
    expect(kept(magnitude({ scope: 'model', minKept }), weights, 0.5)).toEqual(masks);
  });

  it('takes no more for a floor than it says: 0.07 of 100 is 7', () => {
    const list = named(new Array(100).fill(1), new Array(300).fill(2));
    expect(magnitude({ scope: 'model', minKept: 0.07 }).masks(list, 0.75).map(countKept)).toEqual([7, 93]);
  });

  it('holds every floor and the total, and gives the rest to the largest', () => {
    const list = fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 40 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(
        list,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(0, 0.25, 0.5, 1),
        (lists, s, minKept) => {
          const given = named(...lists);
          const masks = magnitude({ scope: 'model', minKept }).masks(given, s);
          const counts = masks.map(countKept);
          const floors = lists.map(({ length }) => Math.ceil(minKept * length));
          const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
          expect(sum(counts)).toBe(
            Math.max(keepCount(sum(lists.map(({ length }) => length)), s), sum(floors)),
          );
          counts.forEach((count, i) => {
            expect(count).toBeGreaterThanOrEqual(floors[i] ?? 0);
          });
          // nothing pruned anywhere is larger than what a weight above its floor keeps
          const magnitudes = (keep: number, i: number) => {
            const mask = masks[i];
            const bits = mask ? unpackMask(mask) : [];
            return (lists[i] ?? []).filter((_, at) => bits[at] === keep).map(Math.abs);
          };
          const largestPruned = Math.max(-1, ...lists.flatMap((_, i) => magnitudes(0, i)));
          counts.forEach((count, i) => {
            if (count > (floors[i] ?? 0))
              expect(Math.min(...magnitudes(1, i))).toBeGreaterThanOrEqual(largestPruned);
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('prunes nothing of no weights', () => {
    expect(magnitude({ scope: 'model' }).masks([], 0.5)).toEqual([]);
    expect(kept(magnitude(), named([]), 0.5)).toEqual(['']);
  });

  it.each([
    [{ ties: 'all' }, 'ties must be "index" or "keep", but is "all".'],
    [{ scope: 'global' }, 'scope must be "tensor" or "model", but is "global".'],
    [{ scope: 'model', minKept: 2 }, 'minKept must be a number from 0 to 1, but is 2.'],
    [{ scope: 'model', minKept: { a: -1 } }, 'minKept["a"] must be a number from 0 to 1, but is -1.'],
    [
      { scope: 'model', minKept: null },
      'minKept must be a number from 0 to 1, or one for each name, but is null.',
    ],
    [{ minKept: 0.5 }, 'minKept needs scope "model"; with scope "tensor" each weight has the same sparsity.'],
  ])('refuses %j', (options, message) => {
    expect(() => magnitude(options as Parameters<typeof magnitude>[0])).toThrow(message);
  });

  it('refuses a floor for a weight that is not there', () => {
    expect(() => magnitude({ scope: 'model', minKept: { w7: 0.5 } }).masks(weights, 0.5)).toThrow(
      'minKept names "w7", which is none of the weights "w0", "w1".',
    );
  });
});
