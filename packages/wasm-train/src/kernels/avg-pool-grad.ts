import type { TensorInfo } from '@tensorflow/tfjs-core';
import { heapOf } from '../emitted/heap.js';
import { poolGradient } from '../emitted/pool-gradient.js';
import { avgPoolGradient } from '../emitted/pool-gradient-kernels.js';
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
 * `AvgPoolGrad`: dx = sum over the windows that see a pixel of dy / (the number of pixels the window sees).
 *
 * The cpu and the wasm backend divide by the size of the whole window, though the forward pass averages over the pixels
 * inside the image: at a padded border their gradient is too small.
 */
export const avgPoolGrad: TrainingKernel = {
  kernelName: 'AvgPoolGrad',
  compute: (call) => {
    const { dy, input } = call.inputs as { dy: TensorInfo; input: TensorInfo };
    return spread(call, dy, input.shape, pool2dWindows(input.shape, call.attrs as unknown as PoolAttrs));
  },
};

/** `AvgPool3DGrad`: the same in three dimensions, x [N, D, H, W, C]. */
export const avgPool3dGrad: TrainingKernel = {
  kernelName: 'AvgPool3DGrad',
  compute: (call) => {
    const { dy, input } = call.inputs as { dy: TensorInfo; input: TensorInfo };
    return spread(call, dy, input.shape, pool3dWindows(input.shape, call.attrs as unknown as PoolAttrs));
  },
};

function spread(
  { backend, steps }: KernelCall,
  dy: TensorInfo,
  shape: number[],
  windows: PoolWindows,
): TensorInfo {
  const heap = heapOf(backend);
  if (heap !== undefined && isSmallAndFlat(windows)) {
    const dx = steps.allocate(shape, 'float32');
    poolGradient(heap, avgPoolGradient, windows, { dy, dx, x: dx });
    return dx;
  }
  const dx = steps.run('Fill', {}, { shape, value: 0, dtype: 'float32' });
  const dys = backend.typedArrayFromHeap(dy);
  const dxs = backend.typedArrayFromHeap(dx);
  const { channels } = windows;
  eachWindow(windows, (out, pixels, count) => {
    for (let k = 0; k < count; k++) {
      const at = pixels[k] as number;
      for (let channel = 0; channel < channels; channel++) {
        dxs[at + channel] = (dxs[at + channel] as number) + (dys[out + channel] as number) / count;
      }
    }
  });
  return dx;
}
