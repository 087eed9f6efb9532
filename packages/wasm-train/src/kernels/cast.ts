import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { TrainingKernel } from '../training-kernel.js';

/** `Cast` to the type that x has: the same values under another handle. The backend copies them. */
export const cast: TrainingKernel = {
  kernelName: 'Cast',
  compute: ({ inputs, attrs, steps }) => {
    const { x } = inputs as { x: TensorInfo };
    return x.dtype === attrs.dtype && x.dtype !== 'string' ? steps.reshape(x, x.shape) : undefined;
  },
};
