import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { TrainingKernel } from '../training-kernel.js';

/**
 * `Identity`: the same values under another handle.
 *
 * Everything that the backward pass saves goes through it. The backend copies; tensors never change, so the memory can
 * be shared and counted, as the cpu and webgl backends do and as this backend's own `Reshape` does.
 */
export const identity: TrainingKernel = {
  kernelName: 'Identity',
  compute: ({ inputs, steps }) => {
    const { x } = inputs as { x: TensorInfo };
    return x.dtype === 'string' ? undefined : steps.reshape(x, x.shape);
  },
};
