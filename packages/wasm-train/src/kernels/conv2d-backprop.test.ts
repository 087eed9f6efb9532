import {
  backend_util,
  conv2d,
  mul,
  sum,
  type Tensor,
  type Tensor4D,
  tensor4d,
  zeros,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose, expectSameOnBoth, kernel, random, valuesOn } from '../../testing/backends.js';
import { registerWasmTraining } from '../register.js';
import { WasmTrainError } from '../wasm-train-error.js';

registerWasmTraining();

type Pad = 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]];

interface Case {
  readonly x: [number, number, number, number];
  readonly filter: [number, number, number, number];
  readonly strides: [number, number];
  readonly pad: Pad;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

const outShape = ({ x, filter, strides, pad, dimRoundingMode }: Case): number[] =>
  backend_util.computeConv2DInfo(x, filter, strides, 1, pad, dimRoundingMode).outShape;

function gradients(c: Case): Tensor[] {
  const attrs = { ...c, dataFormat: 'NHWC' };
  const [x, filter, dy] = [random(c.x, 1), random(c.filter, 2), random(outShape(c), 3)];
  return [
    kernel('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: c.filter }),
    kernel('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: c.x }),
  ];
}

// The backend's own convolution, which the smallest are left to, gets other rounding than down wrong.
const forward = (c: Case): Tensor[] => (c.dimRoundingMode === undefined ? [convolved(c)] : []);

const convolved = (c: Case): Tensor =>
  kernel(
    'Conv2D',
    { x: random(c.x, 1), filter: random(c.filter, 2) },
    { ...c, dilations: 1, dataFormat: 'NHWC' },
  );

describe('the gradients of conv2d', () => {
  it('are those worked out by hand', async () => {
    const attrs = { strides: 1, pad: 'valid', dataFormat: 'NHWC' };
    const [dw, dx] = await valuesOn('wasm', () => {
      const x = tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
      const filter = tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
      const dy = tensor4d([1, 0, 0, 10], [1, 2, 2, 1]);
      return [
        kernel('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: [2, 2, 1, 1] }),
        kernel('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: [1, 3, 3, 1] }),
      ];
    });
    expect(dw).toEqual([1 + 50, 2 + 60, 4 + 80, 5 + 90]);
    expect(dx).toEqual([1, 2, 0, 3, 4 + 10, 20, 0, 30, 40]);
  });

  const cases: Record<string, Case> = {
    'one pixel': { x: [1, 1, 1, 1], filter: [1, 1, 1, 1], strides: [1, 1], pad: 'valid' },
    'the whole image': { x: [2, 4, 5, 3], filter: [4, 5, 3, 2], strides: [1, 1], pad: 'valid' },
    'a stride beyond the filter': { x: [2, 8, 7, 2], filter: [2, 1, 2, 3], strides: [3, 2], pad: 'valid' },
    'rows that no window sees': { x: [1, 8, 8, 1], filter: [3, 3, 1, 2], strides: [4, 3], pad: 'valid' },
    'more padding than the filter reaches': {
      x: [2, 3, 3, 2],
      filter: [2, 2, 2, 2],
      strides: [1, 1],
      pad: 4,
    },
    'uneven padding': {
      x: [2, 5, 6, 2],
      filter: [3, 2, 2, 3],
      strides: [2, 1],
      pad: [
        [0, 0],
        [2, 1],
        [0, 3],
        [0, 0],
      ],
    },
    'rounding up': {
      x: [1, 6, 6, 2],
      filter: [3, 3, 2, 2],
      strides: [2, 2],
      pad: 1,
      dimRoundingMode: 'ceil',
    },
    'rounding to nearest': {
      x: [1, 7, 6, 2],
      filter: [2, 3, 2, 2],
      strides: [3, 2],
      pad: 0,
      dimRoundingMode: 'round',
    },
    'many output channels': { x: [2, 7, 7, 3], filter: [3, 3, 3, 40], strides: [2, 2], pad: 'same' },
    'images in several groups': { x: [3, 72, 71, 2], filter: [3, 3, 2, 2], strides: [1, 1], pad: 'valid' },
    'several images in several groups': {
      x: [9, 32, 32, 1],
      filter: [3, 3, 1, 30],
      strides: [1, 1],
      pad: 'valid',
    },
    'a filter of many channels': { x: [2, 6, 5, 130], filter: [3, 3, 130, 9], strides: [1, 1], pad: 'same' },
    'rows of the filter longer than a panel': {
      x: [3, 4, 6, 180],
      filter: [2, 3, 180, 5],
      strides: [1, 2],
      pad: 'valid',
    },
    'more output channels than a panel has rows': {
      x: [5, 4, 4, 3],
      filter: [2, 2, 3, 515],
      strides: [2, 1],
      pad: 'same',
    },
    'many images of few pixels': { x: [101, 3, 3, 2], filter: [2, 2, 2, 3], strides: [1, 1], pad: 'valid' },
    'images of many pixels': { x: [2, 19, 23, 1], filter: [3, 2, 1, 7], strides: [1, 1], pad: 'valid' },
  };
  it.each(Object.entries(cases))('are those of the cpu backend: %s', async (_, c) => {
    await expectSameOnBoth(() => [...gradients(c), ...forward(c)]);
  });

  const side = fc.integer({ min: 1, max: 9 });
  const few = fc.integer({ min: 1, max: 4 });
  const padding = fc.integer({ min: 0, max: 3 });
  const anyCase: fc.Arbitrary<Case> = fc
    .record({
      x: fc.tuple(fc.integer({ min: 1, max: 3 }), side, side, few),
      window: fc.tuple(few, few),
      out: fc.constantFrom(1, 2, 5, 33),
      strides: fc.tuple(few, few),
      pad: fc.oneof(
        fc.constantFrom<Pad>('same', 'valid', 1, 2),
        fc.tuple(padding, padding, padding, padding).map(
          ([t, b, l, r]): Pad => [
            [0, 0],
            [t, b],
            [l, r],
            [0, 0],
          ],
        ),
      ),
    })
    .map(({ x, window, out, strides, pad }) => ({
      x,
      filter: [...window, x[3], out] as Case['filter'],
      strides,
      pad,
    }))
    // tfjs-core computes the width of an evenly padded output from the height of the filter and of the stride.
    .filter(
      (c) => typeof c.pad !== 'number' || (c.filter[0] === c.filter[1] && c.strides[0] === c.strides[1]),
    )
    .filter((c) => outShape(c).every((length) => length > 0));

  it('are those of the cpu backend: any geometry', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (c) => {
        await expectSameOnBoth(() => [...gradients(c), ...forward(c)]);
      }),
      { numRuns: 150 },
    );
  });

  it('are the adjoints of the convolution: <conv(x, w), dy> = <x, dx> = <w, dw>', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (c) => {
        const [forward, byFilter, byInput] = await valuesOn('wasm', () => {
          const [dw, dx] = gradients(c) as [Tensor, Tensor];
          const [x, filter, dy] = [random(c.x, 1), random(c.filter, 2), random(outShape(c), 3)];
          const y = conv2d(x as Tensor4D, filter as Tensor4D, c.strides, c.pad);
          return [sum(mul(y, dy)), sum(mul(filter, dw)), sum(mul(x, dx))];
        });
        const scale = c.x.reduce((a, b) => a * b) * c.filter[0] * c.filter[1] * c.filter[3];
        expect(Math.abs((byFilter?.[0] ?? 0) - (forward?.[0] ?? 0))).toBeLessThan(1e-5 * scale + 1e-4);
        expect(Math.abs((byInput?.[0] ?? 0) - (forward?.[0] ?? 0))).toBeLessThan(1e-5 * scale + 1e-4);
      }),
      { numRuns: 50 },
    );
  });

  it('are zeros for an empty batch', async () => {
    const attrs = { strides: 1, pad: 'same', dataFormat: 'NHWC' };
    const [dw, dx] = await valuesOn('wasm', () => [
      kernel(
        'Conv2DBackpropFilter',
        { x: zeros([0, 4, 4, 1]), dy: zeros([0, 4, 4, 2]) },
        { ...attrs, filterShape: [3, 3, 1, 2] },
      ),
      kernel(
        'Conv2DBackpropInput',
        { dy: zeros([0, 4, 4, 2]), filter: zeros([3, 3, 1, 2]) },
        { ...attrs, inputShape: [0, 4, 4, 1] },
      ),
    ]);
    expectClose(dw ?? [], new Array(18).fill(0));
    expect(dx).toEqual([]);
  });

  it('refuse channels first, as the forward pass does', async () => {
    const attrs = { strides: 1, pad: 'valid', dataFormat: 'NCHW', filterShape: [1, 1, 1, 1] };
    const call = valuesOn('wasm', () =>
      kernel('Conv2DBackpropFilter', { x: zeros([1, 1, 2, 2]), dy: zeros([1, 1, 2, 2]) }, attrs),
    );
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    expect(WasmTrainError.isInstance(error) && error.option).toBe('dataFormat');
  });
});
