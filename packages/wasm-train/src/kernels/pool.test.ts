import {
  avgPool,
  avgPool3d,
  grad,
  maxPool,
  maxPool3d,
  mul,
  sub,
  sum,
  type Tensor,
  type Tensor4D,
  type Tensor5D,
  tensor4d,
  tensor5d,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectSameOnBoth, kernel, random, valuesOn } from '../../testing/backends.js';
import { registerWasmTraining } from '../register.js';

registerWasmTraining();

const few = fc.integer({ min: 1, max: 3 });
const side = fc.integer({ min: 3, max: 7 });
const anyPool = fc.record({
  batch: few,
  sides: fc.tuple(side, side, side),
  channels: few,
  filter: fc.tuple(few, few, few),
  strides: fc.tuple(few, few, few),
  pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
  below: fc.constantFrom(0, 5),
});
type Pool = typeof anyPool extends fc.Arbitrary<infer T> ? T : never;

const image = ({ batch, sides, channels, below }: Pool): Tensor4D =>
  sub(random([batch, sides[1], sides[2], channels], 1), below) as Tensor4D;
const volume = ({ batch, sides, channels, below }: Pool): Tensor5D =>
  sub(random([batch, ...sides, channels], 1), below) as Tensor5D;
const flat = (three: [number, number, number]): [number, number] => [three[1], three[2]];

describe('the gradient of max pooling', () => {
  it('goes to the largest value also when none is positive', async () => {
    const [dx] = await valuesOn('wasm', () => {
      const x = tensor4d([-4, -3, -2, -1, -8, -7, -6, -5], [1, 2, 4, 1]);
      return grad((input: Tensor) => maxPool(input as Tensor4D, 2, 2, 'valid'))(
        x,
        tensor4d([10, 20], [1, 1, 2, 1]),
      );
    });
    expect(dx).toEqual([0, 10, 0, 20, 0, 0, 0, 0]);
  });

  it('goes to the first of several largest values, zeros of either sign being equal', async () => {
    const [dx] = await valuesOn('wasm', () => {
      const x = tensor4d([7, 7, -0, 0, 7, 7, 0, -0], [1, 2, 4, 1]);
      return grad((input: Tensor) => maxPool(input as Tensor4D, 2, 2, 'valid'))(
        x,
        tensor4d([10, 20], [1, 1, 2, 1]),
      );
    });
    expect(dx).toEqual([10, 0, 20, 0, 0, 0, 0, 0]);
  });

  it('does not need the output to be that of the kernel', async () => {
    const [dx] = await valuesOn('wasm', () => {
      const input = tensor4d([1, 3, 2, 0], [1, 2, 2, 1]);
      const dy = tensor4d([5], [1, 1, 1, 1]);
      const attrs = { filterSize: 2, strides: 2, pad: 'valid' };
      return kernel('MaxPoolGrad', { dy, input, output: tensor4d([9], [1, 1, 1, 1]) }, attrs);
    });
    expect(dx).toEqual([0, 5, 0, 0]);
  });

  it('is that of the cpu backend in two dimensions', async () => {
    await fc.assert(
      fc.asyncProperty(anyPool, async (p) => {
        await expectSameOnBoth(() => {
          const pool = (x: Tensor): Tensor => maxPool(x as Tensor4D, flat(p.filter), flat(p.strides), p.pad);
          const x = image(p);
          return grad(pool)(x, random(pool(x).shape, 2));
        });
      }),
      { numRuns: 80 },
    );
  });

  // For other windows the cpu backend confuses height and width.
  it('is that of the cpu backend in three dimensions for cubes, and the forward pass is too', async () => {
    await fc.assert(
      fc.asyncProperty(anyPool, async (p) => {
        await expectSameOnBoth(() => {
          const pool = (x: Tensor): Tensor => maxPool3d(x as Tensor5D, p.filter[0], p.strides, p.pad);
          const x = volume(p);
          const y = pool(x);
          return [y, grad(pool)(x, random(y.shape, 2))];
        });
      }),
      { numRuns: 80 },
    );
  });

  it('keeps <x, dx> = <y, dy> in three dimensions, as the largest value is one of the values', async () => {
    await fc.assert(
      fc.asyncProperty(anyPool, async (p) => {
        const values = await valuesOn('wasm', () => {
          const pool = (x: Tensor): Tensor => maxPool3d(x as Tensor5D, p.filter, p.strides, p.pad);
          const x = volume(p);
          const y = pool(x);
          const dy = random(y.shape, 2);
          return [sum(mul(y, dy)), sum(mul(x, grad(pool)(x, dy)))];
        });
        const [forward, backward] = values.flat() as [number, number];
        expect(Math.abs(forward - backward)).toBeLessThan(1e-5 * p.sides[0] * p.sides[1] * p.sides[2] * 100);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves a maximum below zero as it is in three dimensions', async () => {
    const [y] = await valuesOn('wasm', () =>
      maxPool3d(tensor5d([-3, -2, -5, -4], [1, 1, 2, 2, 1]), [1, 2, 2], 1, 'valid'),
    );
    expect(y).toEqual([-2]);
  });
});

describe('the gradient of average pooling', () => {
  it('divides by the pixels inside the image', async () => {
    const [dx] = await valuesOn('wasm', () => {
      const x = tensor4d([1, 2, 3], [1, 1, 3, 1]);
      return grad((input: Tensor) => avgPool(input as Tensor4D, [1, 2], 2, 'same'))(
        x,
        tensor4d([10, 20], [1, 1, 2, 1]),
      );
    });
    expect(dx).toEqual([5, 5, 20]);
  });

  // The cpu backend is no reference at a padded border; the forward pass is linear, so its adjoint is one.
  it('is adjoint to the pooling: <pool(x), dy> = <x, dx>', async () => {
    await fc.assert(
      fc.asyncProperty(anyPool, async (p) => {
        const pool2d = (x: Tensor): Tensor => avgPool(x as Tensor4D, flat(p.filter), flat(p.strides), p.pad);
        const pool3d = (x: Tensor): Tensor => avgPool3d(x as Tensor5D, p.filter, p.strides, p.pad);
        const values = await valuesOn('wasm', () =>
          (
            [
              [pool2d, image(p)],
              [pool3d, volume(p)],
            ] as const
          ).flatMap(([pool, x]) => {
            const y = pool(x);
            const dy = random(y.shape, 2);
            return [sum(mul(y, dy)), sum(mul(x, grad(pool)(x, dy)))];
          }),
        );
        const [y2, x2, y3, x3] = values.flat() as [number, number, number, number];
        expect(Math.abs(x2 - y2)).toBeLessThan(1e-5 * p.sides[1] * p.sides[2] * 100);
        expect(Math.abs(x3 - y3)).toBeLessThan(1e-5 * p.sides[0] * p.sides[1] * p.sides[2] * 100);
      }),
      { numRuns: 60 },
    );
  });

  it('is that of the cpu backend without padding', async () => {
    await fc.assert(
      fc.asyncProperty(anyPool, async (p) => {
        await expectSameOnBoth(() => {
          const pool = (x: Tensor): Tensor =>
            avgPool(x as Tensor4D, flat(p.filter), flat(p.strides), 'valid');
          const x = image(p);
          return grad(pool)(x, random(pool(x).shape, 2));
        });
      }),
      { numRuns: 40 },
    );
  });
});
