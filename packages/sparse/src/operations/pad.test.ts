import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pad } from './pad.js';
import { expectAsFloat64, randomValues, runOperation } from './run-operation.fixture.js';

describe('pad', () => {
  it('puts zeros around an image', () => {
    const result = runOperation({ kind: 'pad', top: 1, bottom: 0, left: 2, right: 1 }, [
      { shape: [1, 2, 2, 1], values: Float32Array.of(1, 2, 3, 4) },
    ]);
    expect(result.shape).toEqual([1, 3, 5, 1]);
    expect([...result.values]).toEqual([...[0, 0, 0, 0, 0], ...[0, 0, 1, 2, 0], ...[0, 0, 3, 4, 0]]);
  });

  it('is right for any images', () => {
    const edge = fc.integer({ min: 0, max: 3 });
    const axis = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        fc.record({ top: edge, bottom: edge, left: edge, right: edge }),
        fc.tuple(fc.integer({ min: 1, max: 3 }), axis, axis, fc.integer({ min: 1, max: 40 })),
        (edges, shape) => {
          const input = randomValues(shape);
          input.values[0] = Number.NaN;
          expectAsFloat64({ kind: 'pad', ...edges }, [input], 0);
        },
      ),
    );
  });

  it('refuses what is no image', () => {
    const operation = { kind: 'pad', top: 1, bottom: 1, left: 1, right: 1 } as const;
    expect(() => pad.outputShape(operation, [[1, 2, 3]])).toThrow('[1,2,3]');
  });
});
