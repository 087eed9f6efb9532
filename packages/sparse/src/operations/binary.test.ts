import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Activation } from '../graph/activation.js';
import type { Binary } from '../graph/operation.js';
import { binary } from './binary.js';
import { expectAsFloat64, randomFloats, randomValues, runOperation } from './run-operation.fixture.js';

const operators = ['add', 'subtract', 'multiply', 'maximum', 'minimum'] as const;
const none: Activation = { kind: 'linear' };

describe('binary', () => {
  it.each<[Binary['operator'], number[]]>([
    ['add', [4, -3, 1.5, 12, 0]],
    ['subtract', [-2, 7, 1.5, 8, 0]],
    ['multiply', [3, -10, 0, 20, 0]],
    ['maximum', [3, 2, 1.5, 10, 0]],
    ['minimum', [1, -5, 0, 2, 0]],
  ])('computes %s', (operator, expected) => {
    const result = runOperation({ kind: 'binary', operator, activation: none }, [
      { shape: [5], values: Float32Array.of(1, 2, 1.5, 10, 0) },
      { shape: [5], values: Float32Array.of(3, -5, 0, 2, 0) },
    ]);
    expect([...result.values]).toEqual(expected);
  });

  it.each(operators)('keeps NaN of either operand of %s', (operator) => {
    for (const shape of [
      [1, 1, 5, 1],
      [1, 1, 1, 5],
    ]) {
      const result = runOperation({ kind: 'binary', operator, activation: { kind: 'relu' } }, [
        { shape, values: Float32Array.of(Number.NaN, 1, 1, Number.NaN, 2) },
        { shape, values: Float32Array.of(1, Number.NaN, 1, 2, Number.NaN) },
      ]);
      expect([...result.values].map(Number.isNaN)).toEqual([true, true, false, true, true]);
    }
  });

  it('is right for any shapes, with the second one for whole images or not', () => {
    fc.assert(
      fc.property(
        fc.record({
          operator: fc.constantFrom(...operators),
          outer: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
          channels: fc.integer({ min: 1, max: 37 }),
          isPerImage: fc.boolean(),
          activation: fc.constantFrom<Activation['kind']>('linear', 'relu6', 'prelu', 'swish'),
        }),
        ({ operator, outer, channels, isPerImage, activation: kind }) => {
          const slopes = randomFloats(channels, 8);
          const activation: Activation = kind === 'prelu' ? { kind, slopes } : ({ kind } as Activation);
          const shape = [...outer, channels];
          const second = isPerImage ? [outer[0] ?? 1, ...outer.slice(1).map(() => 1), channels] : shape;
          const inputs = [randomValues(shape, 1), randomValues(second, 2)];
          expectAsFloat64({ kind: 'binary', operator, activation }, inputs);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes one tensor twice', () => {
    const input = randomValues([3, 7]);
    const { values } = runOperation({ kind: 'binary', operator: 'add', activation: none }, [input, input]);
    expect([...values]).toEqual([...input.values.map((value) => 2 * value)]);
  });

  it('bounds its outputs', () => {
    const of = (operator: Binary['operator']) =>
      binary.bound({ kind: 'binary', operator, activation: none }, [3, 5]);
    expect(operators.map(of)).toEqual([8, 8, 15, 5, 5]);
  });

  it.each<[a: number[], b: number[], shape: number[]]>([
    [[2, 3], [3], [2, 3]],
    [
      [1, 2, 2, 3],
      [1, 2, 1, 3],
      [1, 2, 2, 3],
    ],
    [
      [2, 2, 3],
      [1, 1, 3],
      [2, 2, 3],
    ],
    [
      [2, 3],
      [2, 1],
      [2, 3],
    ],
    [
      [2, 1, 3],
      [2, 4, 1],
      [2, 4, 3],
    ],
    [[1], [4, 2, 1, 5], [4, 2, 1, 5]],
    [[], [2, 3], [2, 3]],
  ])('gives [%s] and [%s] the shape [%s]', (a, b, shape) => {
    const operation = { kind: 'binary', operator: 'subtract', activation: none } as const;
    expect(binary.outputShape(operation, [a, b])).toEqual(shape);
    expectAsFloat64(operation, [randomValues(a, 1), randomValues(b, 2)]);
    expectAsFloat64(operation, [randomValues(b, 1), randomValues(a, 2)]);
  });

  it.each([
    [[2, 3], [2]],
    [
      [2, 2, 3],
      [2, 3, 3],
    ],
    [
      [2, 3],
      [3, 3],
    ],
  ])('refuses shapes [%s] and [%s]', (a, b) => {
    expect(() => binary.outputShape({ kind: 'binary', operator: 'add', activation: none }, [a, b])).toThrow(
      `[${a}] and [${b}]`,
    );
  });
});
