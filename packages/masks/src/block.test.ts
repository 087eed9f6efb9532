import { describe, expect, it } from 'vitest';
import { block } from './block.js';
import { unpackMask } from './mask-reading.js';
import type { WeightView } from './weight.js';

function kept(
  strategy: ReturnType<typeof block>,
  weight: Omit<WeightView, 'name'>,
  sparsity: number,
): string {
  return strategy
    .masks([{ name: 'w', ...weight }], sparsity)
    .map((mask) => unpackMask(mask).join(''))
    .join(' ');
}

describe('block', () => {
  it('cuts from the top left, and takes the mean over the weights that an edge block has', () => {
    // blocks of 2x2 in 3x3: means 1 (four), 2 (two), 1.5 (two), 9 (one)
    const weight = {
      kind: 'dense',
      shape: [3, 3],
      values: Float32Array.of(1, 1, 2, 1, -1, 2, 1.5, 1.5, -9),
    } as const;
    expect(kept(block({ blockSize: [2, 2] }), weight, 0.75)).toBe('000000001');
    expect(kept(block({ blockSize: [2, 2] }), weight, 0.5)).toBe('001001001');
    expect(kept(block({ blockSize: [2, 2] }), weight, 0.25)).toBe('001001111');
  });

  it('pools by mean or by maximum', () => {
    const weight = { kind: 'dense', shape: [1, 4], values: Float32Array.of(3, 3, -5, 0) } as const;
    expect(kept(block({ blockSize: [1, 2], pooling: 'avg' }), weight, 0.5)).toBe('1100');
    expect(kept(block({ blockSize: [1, 2], pooling: 'max' }), weight, 0.5)).toBe('0011');
  });

  it('lies along [in, out] at each spatial position', () => {
    // a convolution of width 2, 2 in, 2 out: blocks of 2 inputs by 1 output are columns of each 2x2 matrix
    const values = Float32Array.of(1, 9, 1, 9, 8, 2, 8, 2);
    expect(kept(block({ blockSize: [2, 1] }), { kind: 'conv', shape: [2, 2, 2], values }, 0.5)).toBe(
      '01011010',
    );
  });

  it('follows the axes of a transposed convolution, [out, in]', () => {
    const values = Float32Array.of(1, 1, 9, 9, 8, 8, 2, 2);
    expect(
      kept(block({ blockSize: [2, 1] }), { kind: 'conv-transpose', shape: [2, 2, 2], values }, 0.5),
    ).toBe('00111100');
  });

  it('crosses words of 32 bits', () => {
    const values = Float32Array.from({ length: 3 * 50 }, (_, i) => (i % 50 >= 20 && i % 50 < 40 ? 2 : 1));
    const row = '0'.repeat(20) + '1'.repeat(20) + '0'.repeat(10);
    expect(kept(block({ blockSize: [3, 20] }), { kind: 'dense', shape: [3, 50], values }, 0.6)).toBe(
      row.repeat(3),
    );
  });

  it.each([
    [{ blockSize: [0, 1] }, 'blockSize[0] must be an integer of at least 1, but is 0.'],
    [{ blockSize: [1, 1.5] }, 'blockSize[1] must be an integer of at least 1, but is 1.5.'],
    [{ blockSize: [4] }, 'blockSize must be two integers of at least 1, but is [4].'],
    [{}, 'blockSize must be two integers of at least 1, but is undefined.'],
    [{ blockSize: [1, 1], pooling: 'AVG' }, 'pooling must be "avg" or "max", but is "AVG".'],
  ])('refuses %j', (options, message) => {
    expect(() => block(options as unknown as Parameters<typeof block>[0])).toThrow(message);
  });

  it('refuses a mean that is too large for a float32, and a weight without channels', () => {
    const values = new Float32Array(2).fill(3e38);
    expect(() => kept(block({ blockSize: [2, 1] }), { kind: 'dense', shape: [2, 1], values }, 0.5)).toThrow(
      'Weight "w" has a score of Infinity for group 0; it must be finite.',
    );
    expect(() => kept(block({ blockSize: [2, 1] }), { kind: 'other', shape: [2], values }, 0.5)).toThrow(
      'Weight "w" of kind "other" has no input and output axes; prune it with magnitude, or leave it alone.',
    );
  });
});
