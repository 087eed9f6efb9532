import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Padding, Window } from '../graph/window.js';
import { SparseError } from '../sparse-error.js';
import { pool } from './pool.js';
import { expectAsFloat64, randomValues, runOperation } from './run-operation.fixture.js';

function windowOf(window: Partial<Window>): Window {
  return { size: [2, 2], strides: [2, 2], dilations: [1, 1], padding: 'valid', ...window };
}

describe('pool', () => {
  it.each([
    ['max', [5, 6, 8, 9]],
    ['average', [3, 4, 6, 7]],
  ] as const)('takes the %s of windows', (mode, expected) => {
    const input = { shape: [1, 3, 3, 1], values: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) };
    const result = runOperation({ kind: 'pool', mode, window: windowOf({ strides: [1, 1] }) }, [input]);
    expect([...result.values]).toEqual(expected);
  });

  it.each([
    ['max', [-1, -2, -3, -4]],
    ['average', [-1, -2, -3, -4]],
  ] as const)('leaves padding out of the %s', (mode, expected) => {
    const window = windowOf({ padding: { top: 1, bottom: 1, left: 1, right: 1 } });
    const input = { shape: [1, 2, 2, 1], values: Float32Array.of(-1, -2, -3, -4) };
    expect([...runOperation({ kind: 'pool', mode, window }, [input]).values]).toEqual(expected);
  });

  it('is right for any window', () => {
    const pair = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
    const edge = fc.integer({ min: 0, max: 3 });
    const axis = fc.integer({ min: 1, max: 10 });
    fc.assert(
      fc.property(
        fc.record({
          mode: fc.constantFrom('max' as const, 'average' as const),
          size: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
          strides: pair,
          dilations: pair,
          padding: fc.oneof(
            fc.constantFrom<Padding>('same', 'valid'),
            fc.record({ top: edge, bottom: edge, left: edge, right: edge }),
          ),
          shape: fc.tuple(fc.integer({ min: 1, max: 2 }), axis, axis, fc.integer({ min: 1, max: 40 })),
        }),
        ({ mode, shape, ...window }) => {
          const operation = { kind: 'pool', mode, window } as const;
          try {
            pool.outputShape(operation, [shape]);
          } catch (error) {
            if (SparseError.isInstance(error)) return;
            throw error;
          }
          expectAsFloat64(operation, [randomValues(shape)]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each(['max', 'average'] as const)('keeps NaN and infinities in the %s', (mode) => {
    const input = randomValues([1, 6, 6, 21]);
    input.values[(2 * 6 + 3) * 21 + 5] = Number.NaN;
    input.values[(4 * 6 + 4) * 21 + 17] = Number.NaN;
    input.values[(5 * 6 + 1) * 21 + 20] = Number.NEGATIVE_INFINITY;
    expectAsFloat64({ kind: 'pool', mode, window: windowOf({ size: [3, 3], padding: 'same' }) }, [input]);
  });

  it('bounds its sums', () => {
    const window = windowOf({ size: [2, 3] });
    expect(pool.bound({ kind: 'pool', mode: 'max', window }, [2])).toBe(2);
    expect(pool.bound({ kind: 'pool', mode: 'average', window }, [2])).toBe(12);
  });
});
