import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { TrainingKernel } from '../training-kernel.js';
import { type ConvAttrs, convInfo } from '../window.js';

/**
 * A convolution whose 'same' padding is written out when its windows leave out the last rows or columns of the input,
 * which happens when the stride is greater than the filter.
 *
 * XNNPACK then wants a padding below zero and the backend's output stays unwritten. Everything else is left to the
 * backend.
 */
export function withSamePadding(kernelName: string, depthwise: boolean): TrainingKernel {
  return {
    kernelName,
    compute: ({ inputs, attrs, steps }) => {
      const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
      if (attrs.pad !== 'same' || (!depthwise && attrs.dataFormat !== 'NHWC')) return undefined;
      const dilations = (attrs.dilations as [number, number] | null) ?? 1;
      const info = convInfo(
        x.shape,
        filter.shape,
        { ...(attrs as unknown as ConvAttrs), dilations },
        depthwise,
      );
      const height = (info.outHeight - 1) * info.strideHeight + info.effectiveFilterHeight;
      const width = (info.outWidth - 1) * info.strideWidth + info.effectiveFilterWidth;
      if (height >= info.inHeight && width >= info.inWidth) return undefined;
      const { top, bottom, left, right } = info.padInfo;
      const pad = [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ] as unknown as number[];
      return steps.run(kernelName, inputs, { ...attrs, pad });
    },
  };
}

/** `FusedConv2D` with its 'same' padding right for any stride. */
export const fusedConv2d: TrainingKernel = withSamePadding('FusedConv2D', false);
/** `DepthwiseConv2dNative` with its 'same' padding right for any stride. */
export const depthwiseConv2d: TrainingKernel = withSamePadding('DepthwiseConv2dNative', true);
/** `FusedDepthwiseConv2D` with its 'same' padding right for any stride. */
export const fusedDepthwiseConv2d: TrainingKernel = withSamePadding('FusedDepthwiseConv2D', true);
