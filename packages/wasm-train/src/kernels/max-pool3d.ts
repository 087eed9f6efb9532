import type { TensorInfo } from '@tensorflow/tfjs-core';
import { eachWindow, type PoolAttrs, pool3dWindows } from '../pool.js';
import type { TrainingKernel } from '../training-kernel.js';

/**
 * `MaxPool3D`: y = the largest x of each window, x [N, D, H, W, C].
 *
 * Not a gradient, but training needs it right: the backend's own gives 1.2e-38 for a window without a positive value.
 */
export const maxPool3d: TrainingKernel = {
  kernelName: 'MaxPool3D',
  compute: ({ inputs, attrs, backend, steps }) => {
    const { x } = inputs as { x: TensorInfo };
    if (x.dtype !== 'float32' || attrs.dataFormat === 'NCDHW') return undefined;
    const windows = pool3dWindows(x.shape, attrs as unknown as PoolAttrs);
    const { batch, channels, output } = windows;
    const y = steps.allocate([batch, ...output, channels], 'float32');
    const xs = backend.typedArrayFromHeap(x);
    const ys = backend.typedArrayFromHeap(y);
    eachWindow(windows, (out, pixels, count) => {
      for (let channel = 0; channel < channels; channel++) {
        let largest = Number.NEGATIVE_INFINITY;
        for (let k = 0; k < count; k++) {
          largest = Math.max(largest, xs[(pixels[k] as number) + channel] as number);
        }
        ys[out + channel] = largest;
      }
    });
    return y;
  },
};
