import type { TensorInfo } from '@tensorflow/tfjs-core';
import { anyEmpty } from '../shape.js';
import type { TrainingKernel } from '../training-kernel.js';
import { type ConvAttrs, convInfo, crop } from '../window.js';

/**
 * `Conv2DBackpropFilter`: dw[p, q, i, o] = sum over n, r, c of x[n, r * strideHeight + p - padTop,
 * c * strideWidth + q - padLeft, i] * dy[n, r, c, o].
 *
 * That is a convolution of x, with its channels as images and its images as channels, by dy as the filter, whose taps
 * lie a stride apart (a dilation).
 */
export const conv2dBackpropFilter: TrainingKernel = {
  kernelName: 'Conv2DBackpropFilter',
  compute: ({ inputs, attrs, steps }) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const { filterShape } = attrs as { filterShape: number[] };
    const info = convInfo(x.shape, filterShape, attrs as unknown as ConvAttrs, false);
    if (anyEmpty(x, dy)) return steps.run('Fill', {}, { shape: filterShape, value: 0, dtype: 'float32' });

    const { top, left } = info.padInfo;
    const { filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth } = info;
    // Rows that no window reaches are cut off, so that the result has exactly the filter's size.
    const bottom = (outHeight - 1) * strideHeight + filterHeight - info.inHeight - top;
    const right = (outWidth - 1) * strideWidth + filterWidth - info.inWidth - left;
    const { x: seen, border } = crop(steps, x, { top, bottom, left, right });

    const dw = steps.run(
      'Conv2D',
      { x: steps.transpose(seen, [3, 1, 2, 0]), filter: steps.transpose(dy, [1, 2, 0, 3]) },
      {
        strides: 1,
        dilations: [strideHeight, strideWidth],
        pad: [
          [0, 0],
          [border.top, border.bottom],
          [border.left, border.right],
          [0, 0],
        ] as unknown as number[],
        dataFormat: 'NHWC',
      },
    );
    return steps.transpose(dw, [1, 2, 0, 3]);
  },
};
