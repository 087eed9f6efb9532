import type { TensorInfo } from '@tensorflow/tfjs-core';
import { anyEmpty } from '../shape.js';
import type { TrainingKernel } from '../training-kernel.js';
import { type ConvAttrs, convInfo, crop, fullBorder, spreadByStride } from '../window.js';

/**
 * `DepthwiseConv2dNativeBackpropInput`: dx[n, y, x, i] = sum over p, q, m of w[p, q, i, m] * dy[n, r, c, i * M + m] with
 * y = r * strideHeight + p * dilationHeight - padTop, and x likewise.
 *
 * That is a depthwise convolution of stride 1 of dy, spread by the stride, with the filter turned by 180 degrees; with a
 * multiplier M each of the M outputs of a channel is convolved by itself and then summed.
 */
export const depthwiseBackpropInput: TrainingKernel = {
  kernelName: 'DepthwiseConv2dNativeBackpropInput',
  compute: ({ inputs, attrs, steps }) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const { inputShape } = attrs as { inputShape: [number, number, number, number] };
    const info = convInfo(inputShape, filter.shape, attrs as unknown as ConvAttrs, true);
    if (anyEmpty(dy, filter)) return steps.run('Fill', {}, { shape: inputShape, value: 0, dtype: 'float32' });

    const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
    const { x, border } = crop(steps, spreadByStride(steps, dy, info), fullBorder(info));
    const turned = steps.run('Reverse', { x: filter }, { dims: [0, 1] });
    const dx = steps.run(
      'DepthwiseConv2dNative',
      { x, filter: steps.reshape(turned, [height, width, channels * multiplier, 1]) },
      {
        strides: 1,
        dilations: [info.dilationHeight, info.dilationWidth],
        pad: [
          [0, 0],
          [border.top, border.bottom],
          [border.left, border.right],
          [0, 0],
        ] as unknown as number[],
      },
    );
    if (multiplier === 1) return dx;
    return steps.run(
      'Sum',
      { x: steps.reshape(dx, [...inputShape, multiplier]) },
      { axis: [4], keepDims: false },
    );
  },
};
