import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatenate } from './concatenate.js';
import { expectAsFloat64, randomValues, runOperation } from './run-operation.fixture.js';

describe('concatenate', () => {
  it('puts rows one after the other', () => {
    const result = runOperation({ kind: 'concatenate' }, [
      { shape: [2, 1], values: Float32Array.of(1, 2) },
      { shape: [2, 2], values: Float32Array.of(3, 4, 5, 6) },
      { shape: [2, 1], values: Float32Array.of(7, 8) },
    ]);
    expect(result.shape).toEqual([2, 4]);
    expect([...result.values]).toEqual([1, 3, 4, 7, 2, 5, 6, 8]);
  });

  it('is right for any shapes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        (outer, channels) => {
          const inputs = channels.map((count, index) => randomValues([...outer, count], index + 1));
          expectAsFloat64({ kind: 'concatenate' }, inputs, 0);
        },
      ),
    );
  });

  it('has the bound of the largest, and refuses other shapes', () => {
    expect(concatenate.bound({ kind: 'concatenate' }, [1, 7, 3])).toBe(7);
    expect(() =>
      concatenate.outputShape({ kind: 'concatenate' }, [
        [2, 3],
        [3, 3],
      ]),
    ).toThrow('[3,3]');
    expect(() => concatenate.outputShape({ kind: 'concatenate' }, [])).toThrow('concatenate');
  });
});
