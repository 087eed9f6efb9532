import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core';
import { heapOf } from '../emitted/heap.js';
import { poolGradient } from '../emitted/pool-gradient.js';
import { maxPoolGradient } from '../emitted/pool-gradient-kernels.js';
import {
  eachWindow,
  isSmallAndFlat,
  type PoolAttrs,
  type PoolWindows,
  pool2dWindows,
  pool3dWindows,
} from '../pool.js';
import type { KernelCall, TrainingKernel } from '../training-kernel.js';

/**
 * `MaxPoolGrad`: dx = sum over the windows of dy at the window's largest x, the first of them in row-major order when
 * several are equal (as on the cpu backend, and in TensorFlow).
 *
 * The backend's own loses the gradient of every window without a positive value, because its search for the largest
 * starts at the smallest positive number; and it visits each input pixel once per window instead of each window once.
 */
export const maxPoolGrad: TrainingKernel = gradientOf('MaxPoolGrad', pool2dWindows);

/** `MaxPool3DGrad`: the same in three dimensions, x [N, D, H, W, C]. */
export const maxPool3dGrad: TrainingKernel = gradientOf('MaxPool3DGrad', pool3dWindows);

function gradientOf(
  kernelName: string,
  windowsOf: (shape: number[], attrs: PoolAttrs) => PoolWindows,
): TrainingKernel {
  return {
    kernelName,
    compute: (call) => {
      const { dy, input, output } = call.inputs as { dy: TensorInfo; input: TensorInfo; output: TensorInfo };
      const windows = windowsOf(input.shape, call.attrs as unknown as PoolAttrs);
      return backpropagate(call, dy, input, output, windows);
    },
  };
}

function backpropagate(
  { backend, steps }: KernelCall,
  dy: TensorInfo,
  x: TensorInfo,
  y: TensorInfo,
  windows: PoolWindows,
): TensorInfo {
  const heap = heapOf(backend);
  if (heap !== undefined && isSmallAndFlat(windows)) {
    const dx = steps.allocate(x.shape, 'float32');
    poolGradient(heap, maxPoolGradient, windows, { dy, dx, x });
    return dx;
  }
  const dx = steps.run('Fill', {}, { shape: x.shape, value: 0, dtype: 'float32' });
  const xs = backend.typedArrayFromHeap(x);
  const xBits = bitsOf(xs);
  const yBits = bitsOf(backend.typedArrayFromHeap(y));
  const dys = backend.typedArrayFromHeap(dy);
  const dxs = backend.typedArrayFromHeap(dx);
  const { channels } = windows;
  eachWindow(windows, (out, pixels, count) => {
    if (count === 0) return;
    for (let channel = 0; channel < channels; channel++) {
      // Which pixel is the largest is as good as random: a branch on it costs more than these masks, which are all
      // ones or all zeros.
      const largest = yBits[out + channel] as number;
      let at = 0;
      let open = -1;
      for (let k = 0; k < count; k++) {
        const candidate = (pixels[k] as number) + channel;
        const difference = (xBits[candidate] as number) ^ largest;
        const differs = (difference | -difference) >> 31;
        at |= candidate & ~differs & open;
        open &= differs;
      }
      // Both zeros are equal numbers with different bits, and y may come from somewhere else than the kernel.
      if (open !== 0 || largest << 1 === 0) at = firstLargest(xs, pixels, count, channel);
      dxs[at] = (dxs[at] as number) + (dys[out + channel] as number);
    }
  });
  return dx;
}

function bitsOf(values: backend_util.TypedArray): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}

function firstLargest(
  xs: backend_util.TypedArray,
  pixels: Int32Array,
  count: number,
  channel: number,
): number {
  let at = (pixels[0] as number) + channel;
  for (let k = 1; k < count; k++) {
    const other = (pixels[k] as number) + channel;
    if ((xs[other] as number) > (xs[at] as number)) at = other;
  }
  return at;
}
