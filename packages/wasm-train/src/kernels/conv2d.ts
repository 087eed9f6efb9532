import type { TensorInfo } from '@tensorflow/tfjs-core';
import { convolve } from '../emitted/convolution.js';
import { heapOf } from '../emitted/heap.js';
import { anyEmpty } from '../shape.js';
import type { TrainingKernel } from '../training-kernel.js';
import { type ConvAttrs, convInfo } from '../window.js';
import { withSamePadding } from './same-padding.js';

const ofTheBackend = withSamePadding('Conv2D', false);

/** Below so many output pixels packing the filter costs more than is gained. */
const fewPixels = 64;

/**
 * `Conv2D`, which is the forward pass in training: a prediction runs `FusedConv2D`. Dilated ones and the smallest are
 * left to the backend, with their 'same' padding set right.
 */
export const conv2d: TrainingKernel = {
  kernelName: 'Conv2D',
  compute: (call) => {
    const { inputs, attrs, backend, steps } = call;
    const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
    const heap = heapOf(backend);
    if (heap === undefined || attrs.dataFormat !== 'NHWC') return ofTheBackend.compute(call);
    const info = convInfo(x.shape, filter.shape, attrs as unknown as ConvAttrs, false);
    const pixels = info.batchSize * info.outHeight * info.outWidth;
    const isDilated = info.dilationHeight > 1 || info.dilationWidth > 1;
    if (isDilated || pixels < fewPixels || anyEmpty(x, filter)) return ofTheBackend.compute(call);
    const y = steps.allocate(info.outShape, 'float32');
    convolve(heap, x, filter, y, info);
    return y;
  },
};
