import { conv3d, grads, type Tensor, type Tensor5D, tensor5d } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectSameOnBoth, random, valuesOn } from '../../testing/backends.js';
import { registerWasmTraining } from '../register.js';

registerWasmTraining();

describe('the gradients of conv3d', () => {
  it('are those worked out by hand', async () => {
    const [dx, dw] = await valuesOn('wasm', () => {
      const x = tensor5d([1, 2, 3, 4, 5], [1, 5, 1, 1, 1]);
      const filter = tensor5d([10, 20], [2, 1, 1, 1, 1]);
      const dy = tensor5d([1, 3], [1, 2, 1, 1, 1]);
      return grads((a: Tensor, b: Tensor) => conv3d(a as Tensor5D, b as Tensor5D, [2, 1, 1], 'valid'))(
        [x, filter],
        dy,
      );
    });
    expect(dx).toEqual([10, 20, 30, 60, 0]);
    expect(dw).toEqual([1 + 9, 2 + 12]);
  });

  it('are those of the cpu backend', async () => {
    const few = fc.integer({ min: 1, max: 3 });
    const side = fc.integer({ min: 3, max: 6 });
    const anyCase = fc.record({
      sides: fc.tuple(side, side, side),
      filter: fc.tuple(few, few, few, few, few),
      strides: fc.tuple(few, few, few),
      pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
    });
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ sides, filter, strides, pad }) => {
        await expectSameOnBoth(() => {
          const x = random([2, ...sides, filter[3]], 1);
          const w = random(filter, 2);
          const f = (a: Tensor, b: Tensor): Tensor => conv3d(a as Tensor5D, b as Tensor5D, strides, pad);
          return grads(f)([x, w], random(f(x, w).shape, 3));
        });
      }),
      { numRuns: 80 },
    );
  });
});
