import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Activation } from '../graph/activation.js';
import { affine } from './affine.js';
import { expectAsFloat64, randomFloats, randomValues, runOperation } from './run-operation.fixture.js';

const activations: readonly Activation[] = [
  { kind: 'linear' },
  { kind: 'relu6' },
  { kind: 'leakyRelu', alpha: 0.3 },
  { kind: 'sigmoid' },
];

describe('affine', () => {
  it('scales and shifts each channel', () => {
    const result = runOperation(
      {
        kind: 'affine',
        scale: Float32Array.of(1, 2, -1),
        shift: Float32Array.of(0, 10, 0.5),
        activation: { kind: 'relu' },
      },
      [{ shape: [2, 3], values: Float32Array.of(1, 2, 3, -4, 5, -6) }],
    );
    expect([...result.values]).toEqual([1, 14, 0, 0, 20, 6.5]);
  });

  it('is right for any channels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 150 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...activations, 'prelu' as const),
        (channels, outer, activation) => {
          const operation = {
            kind: 'affine',
            scale: randomFloats(channels, 3),
            shift: randomFloats(channels, 4),
            activation:
              activation === 'prelu' ? { kind: activation, slopes: randomFloats(channels, 5) } : activation,
          } as const;
          expectAsFloat64(operation, [randomValues([...outer, channels])]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('bounds its outputs by the channel of the largest ones', () => {
    const operation = {
      kind: 'affine',
      scale: Float32Array.of(2, -3),
      shift: Float32Array.of(-5, 1),
      activation: { kind: 'linear' },
    } as const;
    expect(affine.bound(operation, [1])).toBe(7);
    expect(affine.bound(operation, [100])).toBe(301);
    expect(() => affine.outputShape(operation, [[1, 3]])).toThrow('2 channels');
  });
});
