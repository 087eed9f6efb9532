import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globalPool } from './global-pool.js';
import { expectAsFloat64, randomFloats, randomValues, runOperation } from './run-operation.fixture.js';

describe('globalPool', () => {
  it('takes the mean and the largest of each channel', () => {
    const input = { shape: [2, 1, 2, 2], values: Float32Array.of(1, 2, 3, -4, -5, -6, -8, -8) };
    const mean = runOperation({ kind: 'globalPool', mode: 'average', keepDims: false }, [input]);
    expect(mean.shape).toEqual([2, 2]);
    expect([...mean.values]).toEqual([2, -1, -6.5, -7]);
    const most = runOperation({ kind: 'globalPool', mode: 'max', keepDims: true }, [input]);
    expect(most.shape).toEqual([2, 1, 1, 2]);
    expect([...most.values]).toEqual([3, 2, -5, -6]);
  });

  it('is right for any shapes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('max' as const, 'average' as const),
        fc.boolean(),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 0, maxLength: 2 }),
        fc.integer({ min: 1, max: 70 }),
        (mode, keepDims, batch, inside, channels) => {
          const operation = { kind: 'globalPool', mode, keepDims } as const;
          expectAsFloat64(operation, [randomValues([batch, ...inside, channels])]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('adds up large images without losing any', () => {
    const values = randomFloats(500 * 500 * 4).map((value) => 1 + value / 8);
    const operation = { kind: 'globalPool', mode: 'average', keepDims: false } as const;
    expectAsFloat64(operation, [{ shape: [1, 500, 500, 4], values }], 5e-6);
  });

  it.each(['max', 'average'] as const)('keeps NaN and infinities in the %s', (mode) => {
    for (const channels of [1, 4, 16]) {
      const input = randomValues([1, 3, 3, channels]);
      input.values[4 * channels] = Number.NaN;
      input.values[7 * channels + channels - 1] = Number.NEGATIVE_INFINITY;
      expectAsFloat64({ kind: 'globalPool', mode, keepDims: false }, [input]);
    }
  });

  it('refuses a vector', () => {
    const operation = { kind: 'globalPool', mode: 'max', keepDims: false } as const;
    expect(() => globalPool.outputShape(operation, [[5]])).toThrow('[5]');
  });
});
