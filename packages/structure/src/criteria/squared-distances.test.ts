import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { squaredDistances } from './squared-distances.js';

describe('squaredDistances', () => {
  it('is a table of the squares of the distances', () => {
    const values = Float64Array.of(0, 0, 3, 4, 0, 1);
    expect([...squaredDistances({ values, count: 3, length: 2 })]).toEqual([0, 25, 1, 25, 0, 18, 1, 18, 0]);
  });

  it('equals the sum of squared differences, for even and odd numbers of rows', () => {
    const table = fc
      .record({ count: fc.integer({ min: 1, max: 7 }), length: fc.integer({ min: 0, max: 5 }) })
      .chain(({ count, length }) =>
        fc.record({
          count: fc.constant(count),
          length: fc.constant(length),
          values: fc.float64Array({
            min: -9,
            max: 9,
            noNaN: true,
            minLength: count * length,
            maxLength: count * length,
          }),
        }),
      );
    fc.assert(
      fc.property(table, ({ values, count, length }) => {
        const distances = squaredDistances({ values, count, length });
        for (let i = 0; i < count; i++) {
          for (let j = 0; j < count; j++) {
            const a = values.subarray(i * length, (i + 1) * length);
            const b = values.subarray(j * length, (j + 1) * length);
            const expected = a.reduce((total, value, k) => total + (value - (b[k] as number)) ** 2, 0);
            expect(distances[i * count + j]).toBeCloseTo(expected, 9);
          }
        }
      }),
    );
  });
});
