import type { TensorInfo } from '@tensorflow/tfjs-core';
import { depthwiseFilterGradient } from '../emitted/depthwise-filter-gradient.js';
import { heapOf } from '../emitted/heap.js';
import { anyEmpty } from '../shape.js';
import type { TrainingKernel } from '../training-kernel.js';
import { type ConvAttrs, convInfo } from '../window.js';

/**
 * `DepthwiseConv2dNativeBackpropFilter`: dw[p, q, i, m] = sum over n, r, c of
 * x[n, r * strideHeight + p * dilationHeight - padTop, c * strideWidth + q * dilationWidth - padLeft, i] *
 * dy[n, r, c, i * M + m].
 *
 * Our own kernel for a multiplier of 1, else one pass over dy on the backend's memory. As a convolution of the backend it would have one channel in and one out,
 * which XNNPACK has no fast kernel for.
 */
export const depthwiseBackpropFilter: TrainingKernel = {
  kernelName: 'DepthwiseConv2dNativeBackpropFilter',
  compute: ({ inputs, attrs, backend, steps }) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const { filterShape } = attrs as { filterShape: [number, number, number, number] };
    const info = convInfo(x.shape, filterShape, attrs as unknown as ConvAttrs, true);
    const dw = steps.run('Fill', {}, { shape: filterShape, value: 0, dtype: 'float32' });
    if (anyEmpty(x, dy)) return dw;

    const heap = heapOf(backend);
    if (heap !== undefined && filterShape[3] === 1) {
      depthwiseFilterGradient(heap, x, dy, dw, info);
      return dw;
    }
    // Taken after the last allocation: growing the memory detaches earlier views.
    const xs = backend.typedArrayFromHeap(x);
    const dys = backend.typedArrayFromHeap(dy);
    const dws = backend.typedArrayFromHeap(dw);
    const [filterHeight, filterWidth, channels, multiplier] = filterShape;
    const { batchSize, inHeight, inWidth, outHeight, outWidth, outChannels } = info;
    for (let n = 0; n < batchSize; n++) {
      for (let r = 0; r < outHeight; r++) {
        for (let p = 0; p < filterHeight; p++) {
          const row = r * info.strideHeight + p * info.dilationHeight - info.padInfo.top;
          if (row < 0 || row >= inHeight) continue;
          for (let c = 0; c < outWidth; c++) {
            for (let q = 0; q < filterWidth; q++) {
              const column = c * info.strideWidth + q * info.dilationWidth - info.padInfo.left;
              if (column < 0 || column >= inWidth) continue;
              let at = ((n * inHeight + row) * inWidth + column) * channels;
              let dyAt = ((n * outHeight + r) * outWidth + c) * outChannels;
              let dwAt = (p * filterWidth + q) * outChannels;
              for (let i = 0; i < channels; i++) {
                const value = xs[at++] as number;
                for (let m = 0; m < multiplier; m++) {
                  dws[dwAt] = (dws[dwAt] as number) + value * (dys[dyAt++] as number);
                  dwAt++;
                }
              }
            }
          }
        }
      }
    }
    return dw;
  },
};
