import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  expectAsFloat64,
  expectClose,
  randomFloats,
  randomValues,
  runOperation,
} from './run-operation.fixture.js';
import { softmax } from './softmax.js';

const infinite = Number.POSITIVE_INFINITY;

function apply(...values: number[]): number[] {
  const input = { shape: [1, values.length], values: Float32Array.from(values) };
  return [...runOperation({ kind: 'softmax' }, [input]).values];
}

describe('softmax', () => {
  it('gives shares of one', () => {
    expect(apply(0, 0)).toEqual([0.5, 0.5]);
    expect(apply(3)).toEqual([1]);
    expectClose(apply(Math.log(1), Math.log(2), Math.log(5)), [0.125, 0.25, 0.625], 2e-7);
  });

  it('is stable for large values, all of one sign', () => {
    expect(apply(1000, 1000, 0, 1000, 1000)).toEqual([0.25, 0.25, 0, 0.25, 0.25]);
    expect(apply(-1000, -1000, -3000)).toEqual([0.5, 0.5, 0]);
    expect(apply(-3e38, 3e38, -1e38, 0, 1)).toEqual([0, 1, 0, 0, 0]);
  });

  it('takes -infinity for what is never chosen', () => {
    expect(apply(-infinite, 1, 1)).toEqual([0, 0.5, 0.5]);
    expect(apply(2, -infinite, -infinite, -infinite, -infinite, -infinite, 2)).toEqual([
      0.5, 0, 0, 0, 0, 0, 0.5,
    ]);
  });

  it('gives NaN for rows with NaN, infinity, or nothing but -infinity, and no other row', () => {
    expect(apply(1, Number.NaN, 2).every(Number.isNaN)).toBe(true);
    expect(apply(1, 2, 3, 4, Number.NaN).every(Number.isNaN)).toBe(true);
    expect(apply(-infinite, -infinite).every(Number.isNaN)).toBe(true);
    const values = Float32Array.of(1, 1, Number.NaN, 1, 1, 1);
    const result = runOperation({ kind: 'softmax' }, [{ shape: [3, 2], values }]);
    expect([...result.values]).toEqual([0.5, 0.5, Number.NaN, Number.NaN, 0.5, 0.5]);
  });

  it('is right for any rows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom(1, 10, 80),
        (rows, channels, scale) => {
          const input = randomValues([rows, channels], rows + channels);
          const values = input.values.map((value) => scale * value);
          expectAsFloat64({ kind: 'softmax' }, [{ shape: input.shape, values }], 5e-7);
        },
      ),
    );
    expectAsFloat64({ kind: 'softmax' }, [randomValues([2, 3, 1000])]);
  });

  it('adds up many without losing any', () => {
    const { values } = runOperation({ kind: 'softmax' }, [
      { shape: [1, 200_000], values: randomFloats(200_000) },
    ]);
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
  });

  it('refuses a scalar', () => {
    expect(() => softmax.outputShape({ kind: 'softmax' }, [[]])).toThrow('scalar');
  });
});
