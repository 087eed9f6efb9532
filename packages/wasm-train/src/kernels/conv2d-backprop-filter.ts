import type { TensorInfo } from '@tensorflow/tfjs-core';
import { filterGradient } from '../emitted/filter-gradient.js';
import { heapOf } from '../emitted/heap.js';
import { gatherPatches, imageRanges } from '../patches.js';
import { anyEmpty } from '../shape.js';
import type { TrainingKernel } from '../training-kernel.js';
import { type ConvAttrs, convInfo } from '../window.js';

/** Output pixels to multiply at a time; measured best between 512 and 16384. */
const rowsAtATime = 4096;

/**
 * `Conv2DBackpropFilter`: dw[p, q, i, o] = sum over n, r, c of x[n, r * strideHeight + p - padTop,
 * c * strideWidth + q - padLeft, i] * dy[n, r, c, o].
 *
 * With the patches of x as a matrix that is a product, patches^T x dy. Our own kernel reads the patches in place; without
 * the heap they are gathered and XNNPACK multiplies, summed over groups of images. (As one convolution, of x with images and channels exchanged by dy as its filter, it has the same
 * multiplications but a reduction too long for the cache.)
 */
export const conv2dBackpropFilter: TrainingKernel = {
  kernelName: 'Conv2DBackpropFilter',
  compute: ({ inputs, attrs, backend, steps }) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const { filterShape } = attrs as { filterShape: number[] };
    const info = convInfo(x.shape, filterShape, attrs as unknown as ConvAttrs, false);
    if (anyEmpty(x, dy)) return steps.run('Fill', {}, { shape: filterShape, value: 0, dtype: 'float32' });

    const heap = heapOf(backend);
    if (heap !== undefined) {
      const dw = steps.allocate(filterShape, 'float32');
      filterGradient(heap, x, dy, dw, info);
      return dw;
    }
    const taps = info.filterHeight * info.filterWidth * info.inChannels;
    const pixels = info.outHeight * info.outWidth;
    let dw: TensorInfo | undefined;
    for (const images of imageRanges(info, rowsAtATime)) {
      const rows = (images.end - images.first) * pixels;
      const patches = steps.allocate([1, taps, rows], 'float32');
      const part = steps.allocate([1, rows, info.outChannels], 'float32');
      // Views are taken after the last allocation: growing the memory detaches earlier ones.
      const dys = backend.typedArrayFromHeap(dy);
      const from = images.first * pixels * info.outChannels;
      backend.typedArrayFromHeap(part).set(dys.subarray(from, from + rows * info.outChannels));
      gatherPatches(backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(patches), info, images);
      const product = steps.run(
        'BatchMatMul',
        { a: patches, b: part },
        { transposeA: false, transposeB: false },
      );
      steps.free(patches, part);
      dw = dw === undefined ? product : steps.run('Add', { a: dw, b: product });
    }
    return steps.reshape(dw as TensorInfo, filterShape);
  },
};
