import { conv2d, depthwiseConv2d, fused, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectSameOnBoth, random } from '../../testing/backends.js';
import { registerWasmTraining } from '../register.js';

registerWasmTraining();

describe("convolutions with 'same' padding", () => {
  const windows = [
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
    [3, 2],
  ] as const;
  const strides: [number, number][] = [
    [1, 1],
    [2, 2],
    [3, 3],
    [2, 1],
    [1, 3],
  ];
  const cases = windows.flatMap((window) => strides.map((stride) => ({ window, stride })));
  it.each(cases)(
    'are those of the cpu backend: filter $window, stride $stride',
    async ({ window, stride }) => {
      for (const sides of [
        [4, 4],
        [5, 5],
        [6, 7],
      ] as const) {
        await expectSameOnBoth((): Tensor[] => {
          const x = random([2, ...sides, 2], 1) as Tensor4D;
          const filter = random([...window, 2, 3], 2) as Tensor4D;
          const shared = { x, filter, strides: stride, pad: 'same' } as const;
          return [
            conv2d(x, filter, stride, 'same'),
            depthwiseConv2d(x, filter, stride, 'same'),
            fused.conv2d({ ...shared, bias: random([3], 3), activation: 'relu' }),
            fused.depthwiseConv2d({ ...shared, bias: random([6], 3), activation: 'relu' }),
          ];
        });
      }
    },
  );
});
