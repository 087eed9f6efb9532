import {
  backend_util,
  depthwiseConv2d,
  mul,
  sum,
  type Tensor,
  type Tensor4D,
  tensor4d,
  zeros,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectSameOnBoth, kernel, random, valuesOn } from '../../testing/backends.js';
import { registerWasmTraining } from '../register.js';

registerWasmTraining();

interface Case {
  readonly x: [number, number, number, number];
  readonly filter: [number, number, number, number];
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly pad: 'same' | 'valid' | number;
}

const outShape = ({ x, filter, strides, dilations, pad }: Case): number[] =>
  backend_util.computeConv2DInfo(x, filter, strides, dilations, pad, undefined, true).outShape;

function gradients(c: Case): Tensor[] {
  const [x, filter, dy] = [random(c.x, 1), random(c.filter, 2), random(outShape(c), 3)];
  return [
    kernel('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...c, filterShape: c.filter }),
    kernel('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...c, inputShape: c.x }),
  ];
}

const few = fc.integer({ min: 1, max: 3 });
const side = fc.integer({ min: 1, max: 9 });
const anyCase = (dilated: boolean): fc.Arbitrary<Case> =>
  fc
    .record({
      x: fc.tuple(fc.integer({ min: 1, max: 3 }), side, side, few),
      window: fc.tuple(few, few),
      multiplier: few,
      strides: dilated ? fc.constant<[number, number]>([1, 1]) : fc.tuple(few, few),
      dilations: dilated ? fc.tuple(few, few) : fc.constant<[number, number]>([1, 1]),
      pad: fc.constantFrom<Case['pad']>('same', 'valid', 1, 3),
    })
    .map(({ x, window, multiplier, ...rest }) => ({
      ...rest,
      x,
      filter: [...window, x[3], multiplier] as Case['filter'],
    }))
    // tfjs-core computes the width of an evenly padded output from the height of the filter and of the stride.
    .filter((c) => typeof c.pad !== 'number' || [c.filter, c.strides, c.dilations].every(([h, w]) => h === w))
    .filter((c) => outShape(c).every((length) => length > 0));

describe('the gradients of depthwiseConv2d', () => {
  it('are those worked out by hand, with a multiplier', async () => {
    const attrs = { strides: 1, dilations: 1, pad: 'valid' };
    const [dw, dx] = await valuesOn('wasm', () => {
      const x = tensor4d([1, 2, 3], [1, 1, 3, 1]);
      const filter = tensor4d([1, 10, 2, 20], [1, 2, 1, 2]);
      const dy = tensor4d([1, 2, 3, 4], [1, 1, 2, 2]);
      return [
        kernel('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...attrs, filterShape: [1, 2, 1, 2] }),
        kernel('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...attrs, inputShape: [1, 1, 3, 1] }),
      ];
    });
    expect(dw).toEqual([1 + 6, 2 + 8, 2 + 9, 4 + 12]);
    expect(dx).toEqual([1 + 20, 2 + 40 + 3 + 40, 6 + 80]);
  });

  it('are those of the cpu backend: any stride, padding and multiplier', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase(false), async (c) => {
        await expectSameOnBoth(() => gradients(c));
      }),
      { numRuns: 150 },
    );
  });

  it.each([false, true])('are adjoint to the convolution (dilated: %s)', async (dilated) => {
    await fc.assert(
      fc.asyncProperty(anyCase(dilated), async (c) => {
        const values = await valuesOn('wasm', () => {
          const [dw, dx] = gradients(c) as [Tensor, Tensor];
          const [x, filter, dy] = [random(c.x, 1), random(c.filter, 2), random(outShape(c), 3)];
          const y = depthwiseConv2d(x as Tensor4D, filter as Tensor4D, c.strides, c.pad, 'NHWC', c.dilations);
          return [sum(mul(y, dy)), sum(mul(filter, dw)), sum(mul(x, dx))];
        });
        const [forward, byFilter, byInput] = values.flat() as [number, number, number];
        expect(byFilter).toBeCloseTo(forward, 3);
        expect(byInput).toBeCloseTo(forward, 3);
      }),
      { numRuns: 60 },
    );
  });

  it('are zeros for an empty batch', async () => {
    const attrs = { strides: 1, dilations: 1, pad: 'same' };
    const [dw, dx] = await valuesOn('wasm', () => [
      kernel(
        'DepthwiseConv2dNativeBackpropFilter',
        { x: zeros([0, 2, 2, 1]), dy: zeros([0, 2, 2, 1]) },
        { ...attrs, filterShape: [1, 2, 1, 1] },
      ),
      kernel(
        'DepthwiseConv2dNativeBackpropInput',
        { dy: zeros([0, 2, 2, 1]), filter: zeros([1, 2, 1, 1]) },
        { ...attrs, inputShape: [0, 2, 2, 1] },
      ),
    ]);
    expect(dw).toEqual([0, 0]);
    expect(dx).toEqual([]);
  });
});
