import type { TensorInfo } from '@tensorflow/tfjs-core';
import { heapOf } from '../emitted/heap.js';
import { inputGradient } from '../emitted/input-gradient.js';
import { imageRanges, scatterPatches } from '../patches.js';
import { anyEmpty } from '../shape.js';
import type { KernelCall, TrainingKernel } from '../training-kernel.js';
import { type ConvAttrs, type ConvInfo, convInfo, crop, fullBorder, spreadByStride } from '../window.js';

/**
 * `Conv2DBackpropInput`: dx[n, y, x, i] = sum over p, q, o of w[p, q, i, o] * dy[n, (y + padTop - p) / strideHeight,
 * (x + padLeft - q) / strideWidth, o], over the p and q that divide.
 *
 * Computed by our own kernel, or without the heap in one of two ways that use XNNPACK, by what each has to do. It is also
 * what a transposed convolution runs forward.
 */
export const conv2dBackpropInput: TrainingKernel = {
  kernelName: 'Conv2DBackpropInput',
  compute: (call) => {
    const { inputs, attrs, backend, steps } = call;
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const { inputShape } = attrs as { inputShape: number[] };
    if (attrs.dataFormat !== 'NHWC') return undefined;
    const info = convInfo(inputShape, filter.shape, attrs as unknown as ConvAttrs, false);
    if (anyEmpty(dy, filter)) return steps.run('Fill', {}, { shape: inputShape, value: 0, dtype: 'float32' });
    const heap = heapOf(backend);
    if (heap !== undefined) {
      const dx = steps.allocate(inputShape, 'float32');
      inputGradient(heap, dy, filter, dx, info);
      return dx;
    }
    return byPatchesIsFaster(info) ? byPatches(call, info) : byConvolution(call, info);
  },
};

/** What adding one element of a patch to dx costs, in multiply-adds of a matrix product. */
const costOfAddition = 24;

function byPatchesIsFaster(info: ConvInfo): boolean {
  const convolution = info.inHeight * info.inWidth * info.outChannels;
  return info.outHeight * info.outWidth * (info.outChannels + costOfAddition) < convolution;
}

/**
 * dy as a matrix times the transposed filter gives the patches of dx, which are added up. No multiplication is wasted,
 * whatever the stride.
 */
function byPatches({ inputs, backend, steps }: KernelCall, info: ConvInfo): TensorInfo {
  const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
  const taps = info.filterHeight * info.filterWidth * info.inChannels;
  const pixels = info.outHeight * info.outWidth;
  const dx = steps.run('Fill', {}, { shape: info.inShape, value: 0, dtype: 'float32' });
  const transposed = steps.transpose(steps.reshape(filter, [1, taps, info.outChannels]), [0, 2, 1]);
  // About a megabyte of patches at a time.
  for (const images of imageRanges(info, 2 ** 18 / taps)) {
    const rows = (images.end - images.first) * pixels;
    const part = steps.allocate([1, rows, info.outChannels], 'float32');
    const from = images.first * pixels * info.outChannels;
    backend
      .typedArrayFromHeap(part)
      .set(backend.typedArrayFromHeap(dy).subarray(from, from + rows * info.outChannels));
    const patches = steps.run(
      'BatchMatMul',
      { a: part, b: transposed },
      { transposeA: false, transposeB: false },
    );
    scatterPatches(backend.typedArrayFromHeap(patches), backend.typedArrayFromHeap(dx), info, images);
    steps.free(part, patches);
  }
  return dx;
}

/**
 * A convolution of stride 1 of dy, spread by the stride, with the filter turned by 180 degrees and its channel axes
 * swapped.
 */
function byConvolution({ inputs, steps }: KernelCall, info: ConvInfo): TensorInfo {
  const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
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
}
