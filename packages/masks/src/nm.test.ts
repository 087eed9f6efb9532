import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpackMask } from './mask-reading.js';
import { type NmOptions, nm } from './nm.js';
import type { WeightView } from './weight.js';

function kept(options: NmOptions, weight: Omit<WeightView, 'name'>, sparsity: number): string {
  return nm(options)
    .masks([{ name: 'w', ...weight }], sparsity)
    .map((mask) => unpackMask(mask).join(''))
    .join(' ');
}

describe('nm', () => {
  it('prunes the smallest of each group along the input channels', () => {
    // [in 4, out 2]: columns 1 4 2 3 and 9 6 7 8
    const values = Float32Array.of(1, 9, 4, -6, 2, 7, 3, 8);
    expect(kept({ zeros: 2, group: 4 }, { kind: 'dense', shape: [4, 2], values }, 0.5)).toBe('01100011');
    expect(kept({ zeros: 1, group: 2 }, { kind: 'dense', shape: [4, 2], values }, 0.5)).toBe('01100011');
  });

  it('groups along the last axis of a transposed convolution', () => {
    const values = Float32Array.of(1, 9, 4, 6, 2, 7, 3, 8);
    expect(kept({}, { kind: 'conv-transpose', shape: [1, 2, 4], values }, 0.5)).toBe('01010101');
  });

  it('keeps the lower index of equal ones, denormals being zeros', () => {
    expect(kept({}, { kind: 'dense', shape: [4, 1], values: Float32Array.of(1, 1, -1, 1) }, 0.5)).toBe(
      '1100',
    );
    expect(kept({}, { kind: 'dense', shape: [4, 1], values: Float32Array.of(0, 0, 1e-40, 0) }, 0.5)).toBe(
      '1100',
    );
  });

  it('fills the last group up with zeros, which are pruned first', () => {
    expect(kept({}, { kind: 'dense', shape: [6, 1], values: Float32Array.of(1, 2, 3, 4, 0, 0) }, 0.5)).toBe(
      '001111',
    );
    expect(
      kept({}, { kind: 'dense', shape: [7, 1], values: Float32Array.of(1, 2, 3, 4, 5, 6, 7) }, 0.5),
    ).toBe('0011011');
  });

  it.each([
    [0, '1111'],
    [0.24, '1111'],
    [0.25, '0111'],
    [0.49, '0111'],
    [0.5, '0011'],
    [0.9, '0011'],
  ])('at sparsity %d follows the schedule: %s', (sparsity, mask) => {
    const values = Float32Array.of(1, 2, 3, 4);
    expect(kept({}, { kind: 'dense', shape: [4, 1], values }, sparsity)).toBe(mask);
  });

  it('counts 0.3 * 10 as 3, whatever the rounding', () => {
    const values = Float32Array.from({ length: 10 }, (_, i) => i + 1);
    for (let zeros = 1; zeros <= 9; zeros++) {
      const mask = kept({ zeros: 9, group: 10 }, { kind: 'dense', shape: [10, 1], values }, zeros / 10);
      expect(mask).toBe('0'.repeat(zeros) + '1'.repeat(10 - zeros));
    }
  });

  it('leaves exactly group - zeros in every full group of any weight, none larger pruned', () => {
    const shapes = fc.oneof(
      fc.record({
        kind: fc.constant('dense' as const),
        shape: fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 6 })),
      }),
      fc.record({
        kind: fc.constant('conv' as const),
        shape: fc.tuple(
          fc.integer({ min: 1, max: 3 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 6 }),
        ),
      }),
    );
    fc.assert(
      fc.property(
        shapes,
        fc.integer({ min: 2, max: 8 }),
        fc.nat(),
        fc.nat(),
        ({ kind, shape }, group, z, seed) => {
          const zeros = (z % (group - 1)) + 1;
          const size = shape.reduce((a, b) => a * b, 1);
          const values = Float32Array.from(
            { length: size },
            (_, i) => Math.round(8 * Math.sin(seed + i * i)) / 4,
          );
          const mask = kept({ zeros, group }, { kind, shape, values }, 0.95);
          const columns = shape.at(-1) ?? 0;
          const rows = shape.at(-2) ?? 0;
          const at = (matrix: number, row: number, column: number) =>
            (matrix * rows + row) * columns + column;
          for (let matrix = 0; matrix < size / (rows * columns); matrix++) {
            for (let column = 0; column < columns; column++) {
              for (let first = 0; first < rows; first += group) {
                const members = Array.from({ length: Math.min(group, rows - first) }, (_, i) =>
                  at(matrix, first + i, column),
                );
                const stay = members.filter((i) => mask[i] === '1').map((i) => Math.abs(values[i] ?? 0));
                const go = members.filter((i) => mask[i] === '0').map((i) => Math.abs(values[i] ?? 0));
                const expected = Math.min(
                  members.length,
                  group - Math.min(zeros, Math.floor(group * 0.95 + 1e-6)),
                );
                expect(stay.length).toBe(expected);
                expect(Math.min(...stay)).toBeGreaterThanOrEqual(Math.max(0, ...go));
              }
            }
          }
        },
      ),
    );
  });

  it.each([
    [{ zeros: 4 }, 'zeros must be an integer from 1 to group - 1, which is 3, but is 4.'],
    [{ zeros: 0 }, 'zeros must be an integer from 1 to group - 1, which is 3, but is 0.'],
    [{ group: 1 }, 'group must be an integer of at least 2, but is 1.'],
    [{ group: 2.5 }, 'group must be an integer of at least 2, but is 2.5.'],
  ])('refuses %j', (options, message) => {
    expect(() => nm(options)).toThrow(message);
  });
});
