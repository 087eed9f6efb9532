import { expect, it } from 'vitest';
import { maxRelError } from './max-rel-error.js';

const error = (actual: number[], expected: number[]) =>
  maxRelError(Float32Array.from(actual), Float32Array.from(expected));

it('is relative to the largest value', () => {
  expect(error([1, -4, 0], [1, -4, 0])).toBe(0);
  expect(error([1, -4, 0.5], [1, -4, 0])).toBe(0.125);
});

it('sees what is not a number, and what is too short', () => {
  expect(error([1, Number.NaN, 3], [1, 2, 3])).toBeNaN();
  expect(() => error([1], [1, 2])).toThrow('1 values where 2 are expected');
});
