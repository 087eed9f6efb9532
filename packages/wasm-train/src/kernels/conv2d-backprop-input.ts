import type { TensorInfo } from '@tensorflow/tfjs-core';
import { anyEmpty } from '../shape.js';
import type { TrainingKernel } from '../training-kernel.js';
import { type ConvAttrs, convInfo, crop, fullBorder, spreadByStride } from '../window.js';

/**
 * `Conv2DBackpropInput`: dx[n, y, x, i] = sum over p, q, o of w[p, q, i, o] * dy[n, (y + padTop - p) / strideHeight,
 * (x + padLeft - q) / strideWidth, o], over the p and q that divide.
 *
 * That is a convolution of stride 1 of dy, spread by the stride, with the filter turned by 180 degrees and its channel
 * axes swapped. It is also what a transposed convolution runs forward.
 */
export const conv2dBackpropInput: TrainingKernel = {
  kernelName: 'Conv2DBackpropInput',
  compute: ({ inputs, attrs, steps }) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const { inputShape } = attrs as { inputShape: number[] };
    if (attrs.dataFormat !== 'NHWC') return undefined;
    const info = convInfo(inputShape, filter.shape, attrs as unknown as ConvAttrs, false);
    if (anyEmpty(dy, filter)) return steps.run('Fill', {}, { shape: inputShape, value: 0, dtype: 'float32' });

    const { x, border } = crop(steps, spreadByStride(steps, dy, info), fullBorder(info));
    const turned = steps.run('Reverse', { x: filter }, { dims: [0, 1] });
    return steps.run(
      'Conv2D',
      { x, filter: steps.transpose(turned, [0, 1, 3, 2]) },
      {
        strides: 1,
        dilations: 1,
        pad: [
          [0, 0],
          [border.top, border.bottom],
          [border.left, border.right],
          [0, 0],
        ] as unknown as number[],
        dataFormat: 'NHWC',
      },
    );
  },
};
