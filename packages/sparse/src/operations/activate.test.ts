import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Activation } from '../graph/activation.js';
import { activate as exact } from '../import/interpret.fixture.js';
import { runGraph } from '../program/run-graph.fixture.js';
import { activate } from './activate.js';
import { expectAsFloat64, randomValues, runOperation } from './run-operation.fixture.js';

function apply(activation: Activation, values: ArrayLike<number>): number[] {
  const input = { shape: [1, values.length], values: Float32Array.from(values) };
  return [...runOperation({ kind: 'activate', activation }, [input]).values];
}

const infinite = Number.POSITIVE_INFINITY;
const all: readonly Activation[] = [
  { kind: 'linear' },
  { kind: 'relu' },
  { kind: 'relu6' },
  { kind: 'leakyRelu', alpha: 0.2 },
  { kind: 'elu', alpha: 1.5 },
  { kind: 'sigmoid' },
  { kind: 'tanh' },
  { kind: 'swish' },
];

/** Floats of all magnitudes, the same number in each octave. */
function magnitudes(lowest: number, highest: number): number[] {
  const values: number[] = [];
  for (let power = lowest; power < highest; power += 1 / 64) values.push(2 ** power, -(2 ** power));
  return values;
}

/** The largest relative error of results that are not too small to have all digits of float32. */
function relativeError(activation: Activation, values: readonly number[], smallest = 2 ** -126): number {
  const inputs = values.map(Math.fround);
  const outputs = apply(activation, inputs);
  let most = 0;
  outputs.forEach((output, at) => {
    const expected = exact(activation, inputs[at] as number, 0);
    if (Math.abs(expected) < smallest) expect(Math.abs(output - expected)).toBeLessThan(2 * smallest);
    else most = Math.max(most, Math.abs(output - expected) / Math.abs(expected));
  });
  return most;
}

describe('activate', () => {
  it.each<[Activation, number[], number[]]>([
    [{ kind: 'linear' }, [-1, 2.5, 3, 0, 7], [-1, 2.5, 3, 0, 7]],
    [{ kind: 'relu' }, [-1, 2.5, -infinite, infinite, 0], [0, 2.5, 0, infinite, 0]],
    [{ kind: 'relu6' }, [-1, 2.5, 6.5, infinite, -infinite], [0, 2.5, 6, 6, 0]],
    [{ kind: 'leakyRelu', alpha: 0.5 }, [-1, 2.5, -infinite, infinite], [-0.5, 2.5, -infinite, infinite]],
    [{ kind: 'elu', alpha: 2 }, [-infinite, infinite, 3, 0, -200], [-2, infinite, 3, 0, -2]],
    [{ kind: 'sigmoid' }, [-infinite, infinite, 0, 200, -200], [0, 1, 0.5, 1, 0]],
    [{ kind: 'tanh' }, [-infinite, infinite, 0, -0, 200, -200], [-1, 1, 0, -0, 1, -1]],
    [{ kind: 'swish' }, [infinite, 0, 200, -200], [infinite, 0, 200, -0]],
  ])('takes %o of %o', (activation, values, expected) => {
    expect(apply(activation, values)).toEqual(expected);
  });

  it.each(all)('keeps NaN in $kind', (activation) => {
    for (const count of [1, 4, 6]) {
      expect(apply(activation, new Float32Array(count).fill(Number.NaN)).every(Number.isNaN)).toBe(true);
    }
  });

  it('is as exact as float32 allows, for small and large values', () => {
    expect(relativeError({ kind: 'sigmoid' }, magnitudes(-30, 8))).toBeLessThan(3e-7);
    expect(relativeError({ kind: 'swish' }, magnitudes(-30, 8), 1e-36)).toBeLessThan(3e-7);
    expect(relativeError({ kind: 'tanh' }, magnitudes(-120, 8))).toBeLessThan(4e-7);
    expect(relativeError({ kind: 'elu', alpha: 1 }, magnitudes(-120, 8))).toBeLessThan(3e-7);
  });

  it('is right for any values and counts, and reads no further', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -120, max: 120 }), {
          minLength: 1,
          maxLength: 40,
        }),
        (activation, values) => {
          apply(activation, values).forEach((output, at) => {
            const expected = exact(activation, values[at] as number, 0);
            expect(Math.abs(output - expected)).toBeLessThanOrEqual(1e-6 * Math.abs(expected) + 1e-37);
          });
        },
      ),
    );
  });

  it.each([1, 2, 3, 4, 5, 8, 30, 64, 100])('applies prelu to %d channels', (channels) => {
    const slopes = randomValues([channels], 5).values;
    for (const positions of [1, 2, 7, 33]) {
      const input = randomValues([positions, channels]);
      expectAsFloat64({ kind: 'activate', activation: { kind: 'prelu', slopes } }, [input]);
    }
  });

  it('works in place', () => {
    const input = randomValues([3, 5]);
    const slopes = randomValues([5], 2).values;
    for (const activation of [...all, { kind: 'prelu', slopes } as const]) {
      const shift = new Float32Array(5);
      const operation = { kind: 'affine', scale: shift.map(() => 1), shift, activation } as const;
      expectAsFloat64(operation, [input]);
    }
  });

  it('gives the same bits whatever the place in the tensor', () => {
    for (const activation of all) {
      const values = new Float32Array(7).fill(-0.7654321);
      expect(new Set(apply(activation, values)).size).toBe(1);
    }
  });

  it('runs after another', () => {
    const input = randomValues([2, 9]);
    const nodes = (['tanh', 'sigmoid'] as const).map((kind, index) => ({
      name: kind,
      operation: { kind: 'activate', activation: { kind } } as const,
      inputs: [index],
      output: index + 1,
    }));
    const [result] = runGraph({ nodes, inputs: [0], outputs: [2] }, [input]) ?? [];
    input.values.forEach((value, at) => {
      expect(result?.values[at]).toBeCloseTo(1 / (1 + Math.exp(-Math.tanh(value))), 6);
    });
  });

  it('bounds its outputs', () => {
    expect(activate.bound({ kind: 'activate', activation: { kind: 'tanh' } }, [100])).toBe(1);
    expect(activate.bound({ kind: 'activate', activation: { kind: 'leakyRelu', alpha: -3 } }, [2])).toBe(6);
  });

  it('refuses other channels than there are slopes', () => {
    const activation: Activation = { kind: 'prelu', slopes: new Float32Array(3) };
    expect(() => activate.outputShape({ kind: 'activate', activation }, [[2, 4]])).toThrow('3 slopes');
  });
});
