import {
  add,
  backend_util,
  fused,
  matMul,
  ones,
  reshape,
  sum,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose, expectSameOnBoth, random, valuesOn } from '../../testing/backends.js';
import { registerWasmTraining } from '../register.js';

registerWasmTraining();

const length: fc.Arbitrary<number> = fc.constantFrom(1, 2, 3, 5, 8, 33, 50);
const anyProduct = fc.record({
  left: length,
  shared: length,
  right: length,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
});
type Product = typeof anyProduct extends fc.Arbitrary<infer T> ? T : never;

const shapeA = (p: Product, batch: number[]): number[] => [
  ...batch,
  ...(p.transposeA ? [p.shared, p.left] : [p.left, p.shared]),
];
const shapeB = (p: Product, batch: number[]): number[] => [
  ...batch,
  ...(p.transposeB ? [p.right, p.shared] : [p.shared, p.right]),
];

describe('matMul', () => {
  it('multiplies transposed matrices as the cpu backend does', async () => {
    await fc.assert(
      fc.asyncProperty(anyProduct, async (p) => {
        await expectSameOnBoth(() =>
          matMul(random(shapeA(p, []), 1), random(shapeB(p, []), 2), p.transposeA, p.transposeB),
        );
      }),
      { numRuns: 100 },
    );
  });

  const long: [number, number, number][] = [
    [9, 1100, 9],
    [301, 513, 12],
    [130, 2049, 3],
    [5, 3, 70],
    [1029, 7, 4],
  ];
  const transposes: [boolean, boolean][] = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ];
  const longCases = long.flatMap((sides) => transposes.map((transpose) => [...sides, ...transpose] as const));
  it.each(longCases)('multiplies long axes: %s x %s x %s, %s %s', async (left, shared, right, a, b) => {
    const p = { left, shared, right, transposeA: a, transposeB: b };
    await expectSameOnBoth(() => matMul(random(shapeA(p, []), 1), random(shapeB(p, []), 2), a, b));
  });

  it('multiplies batches as the cpu backend does, with one operand shared or both', async () => {
    const batches = fc.constantFrom<[number[], number[]]>(
      [[3], [3]],
      [[4], [1]],
      [[1], [4]],
      [
        [2, 3],
        [2, 3],
      ],
    );
    await fc.assert(
      fc.asyncProperty(anyProduct, batches, async (p, [a, b]) => {
        await expectSameOnBoth(() =>
          matMul(random(shapeA(p, a), 1), random(shapeB(p, b), 2), p.transposeA, p.transposeB),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('pairs the matrices of batches that broadcast against each other', async () => {
    const axis = fc.constantFrom(1, 2, 3);
    const batches = fc
      .tuple(fc.tuple(axis, axis), fc.tuple(axis, axis))
      .filter(([a, b]) => a.every((n, i) => n === 1 || b[i] === 1 || n === b[i]));
    await fc.assert(
      fc.asyncProperty(anyProduct, batches, async (p, [a, b]) => {
        const [out, as, bs] = await valuesOn('wasm', () => {
          const [x, y] = [random(shapeA(p, a), 1), random(shapeB(p, b), 2)];
          return [matMul(x, y, p.transposeA, p.transposeB), x, y];
        });
        const batch = backend_util.assertAndGetBroadcastShape(a, b) as [number, number];
        const expected: number[] = [];
        for (let n = 0; n < batch[0] * batch[1]; n++) {
          const [i, j] = [Math.floor(n / batch[1]), n % batch[1]];
          const baseA = ((i % a[0]) * a[1] + (j % a[1])) * p.left * p.shared;
          const baseB = ((i % b[0]) * b[1] + (j % b[1])) * p.shared * p.right;
          for (let r = 0; r < p.left; r++) {
            for (let c = 0; c < p.right; c++) {
              let total = 0;
              for (let k = 0; k < p.shared; k++) {
                const left = as?.[baseA + (p.transposeA ? k * p.left + r : r * p.shared + k)] ?? Number.NaN;
                const right = bs?.[baseB + (p.transposeB ? c * p.shared + k : k * p.right + c)] ?? Number.NaN;
                total += left * right;
              }
              expected.push(total);
            }
          }
        }
        expectClose(out ?? [], expected);
      }),
      { numRuns: 60 },
    );
  });

  it('multiplies by the same values in two shapes', async () => {
    const [values] = await valuesOn('wasm', () => {
      const x = ones([2, 300]);
      return add(sum(matMul(ones([1, 2]), x)), sum(matMul(ones([3, 300]), reshape(x, [300, 2]))));
    });
    expect(values).toEqual([600 + 1800]);
  });

  it('gives nothing for an empty operand', async () => {
    const [a] = await expectSameOnBoth(() => matMul(ones([0, 3]), ones([4, 3]), false, true));
    expect(a).toEqual([]);
  });
});

describe('fused.matMul', () => {
  const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const;
  it.each(activations)('adds the bias once and applies %s once', async (activation) => {
    await fc.assert(
      fc.asyncProperty(anyProduct, fc.constantFrom(1, 3), async (p, batch) => {
        await expectSameOnBoth(() => {
          const scaled = (x: Tensor): Tensor3D => x as Tensor3D;
          return fused.matMul({
            a: scaled(random(shapeA(p, [batch]), 1)),
            b: scaled(random(shapeB(p, [batch]), 2)),
            transposeA: p.transposeA,
            transposeB: p.transposeB,
            bias: random([p.right], 3),
            activation,
            leakyreluAlpha: 0.3,
            preluActivationWeights: random([p.right], 4),
          });
        });
      }),
      { numRuns: 25 },
    );
  });

  it('multiplies by the same values in two shapes', async () => {
    const [values] = await valuesOn('wasm', () => {
      const x = ones([2, 300]);
      const first = fused.matMul({ a: ones([1, 2]), b: x });
      const second = fused.matMul({ a: ones([3, 300]), b: reshape(x, [300, 2]) });
      return add(sum(first), sum(second));
    });
    expect(values).toEqual([2400]);
  });
});
