import { describe, expect, it } from 'vitest';
import { keepCount } from './keep-count.js';
import { MaskError } from './mask-error.js';

describe('keepCount', () => {
  it.each([
    // size, sparsity, tfmot's k
    [10, 0.75, 2], // 2.5, half to even
    [10, 0.65, 4], // 3.5 in float32, half to even
    [14, 0.75, 4], // 3.5, half to even
    [6, 0.75, 2], // 1.5, half to even
    [45, 0.9, 5], // 4.500001 in float32, 4.499999 in doubles
    [235200, 0.5, 117600],
    [30000, 0.8, 6000],
    [1000, 0.9, 100],
    [1, 0.99, 1],
    [3, 0.99, 1],
    [100, 1, 1],
    [100, 0, 100],
    [16777217, 0, 16777217], // float32(size) is 1 less
    [16777219, 1e-9, 16777219], // float32(size) is 1 more
    [0, 0.5, 0],
  ])('of %i at sparsity %d keeps %i', (size, sparsity, kept) => {
    expect(keepCount(size, sparsity)).toBe(kept);
  });

  it.each([
    [-1, 0.5, 'size must be an integer of at least 0, but is -1.'],
    [1.5, 0.5, 'size must be an integer of at least 0, but is 1.5.'],
    [10, -0.1, 'sparsity must be a number from 0 to 1, but is -0.1.'],
    [10, 1.1, 'sparsity must be a number from 0 to 1, but is 1.1.'],
    [10, Number.NaN, 'sparsity must be a number from 0 to 1, but is NaN.'],
  ])('refuses size %d at sparsity %d', (size, sparsity, message) => {
    expect(() => keepCount(size, sparsity)).toThrow(message);
    expect(() => keepCount(size, sparsity)).toThrow(MaskError);
  });
});
