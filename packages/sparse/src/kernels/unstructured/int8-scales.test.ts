import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Weights } from '../../graph/weights.js';
import { int8Scales } from './int8-scales.js';

const weightsOf = (rows: readonly (readonly number[])[]) =>
  new Weights(Float32Array.from(rows.flat()), [1, 1, rows.length, rows[0]?.length ?? 0]);

describe('int8Scales', () => {
  it('finds the step of each channel', () => {
    const scales = int8Scales(
      weightsOf([
        [0.5, 0, -12.7],
        [-0.75, 0, 0.1],
        [0, 0, 0.2],
      ]),
    );
    expect(scales).toEqual(Float32Array.of(0.25, 1, 0.1));
  });

  it('is for all multiples of -127 to 127', () => {
    const integers = fc.array(fc.integer({ min: -127, max: 127 }), { minLength: 1, maxLength: 50 });
    const step = fc.float({ min: Math.fround(1e-6), max: 1000, noNaN: true });
    fc.assert(
      fc.property(integers, step, (multiples, size) => {
        const weights = weightsOf(multiples.map((multiple) => [Math.fround(multiple * size)]));
        const [scale = Number.NaN] = int8Scales(weights) ?? [];
        for (const value of weights.values) {
          const nearest = Math.round(value / scale);
          expect(Math.abs(nearest)).toBeLessThanOrEqual(127);
          expect(Math.abs(value - nearest * scale)).toBeLessThanOrEqual(5e-7 * Math.abs(value));
        }
      }),
    );
  });

  it.each([
    ['a range of 128 steps', [[1], [128]]],
    ['weights that are not quantized', [[0.1234], [0.7711], [0.5678], [-0.912]]],
    ['one that is a little off', [[1], [50], [100.01]]],
    ['a small one that is a little off', [[127], [1.00001]]],
    ['NaN', [[1], [Number.NaN], [2]]],
    ['infinity', [[1], [Number.POSITIVE_INFINITY]]],
  ])('is not for %s', (_, rows) => {
    expect(int8Scales(weightsOf(rows))).toBeUndefined();
  });
});
