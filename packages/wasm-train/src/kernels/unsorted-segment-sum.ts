import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { TrainingKernel } from '../training-kernel.js';

/**
 * `UnsortedSegmentSum`: out[s] = sum of x[k] over the k with segmentIds[k] = s. It is the gradient of `gather`, and so of
 * an embedding.
 *
 * Rows whose id is no segment (a negative one, too) are left out, as on the cpu backend. One pass over x on the
 * backend's memory.
 */
export const unsortedSegmentSum: TrainingKernel = {
  kernelName: 'UnsortedSegmentSum',
  compute: ({ inputs, attrs, backend, steps }) => {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const { numSegments } = attrs as { numSegments: number };
    const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)];
    const out = steps.run('Fill', {}, { shape, value: 0, dtype: x.dtype });
    const width = shape.slice(1).reduce((a, b) => a * b, 1);

    const ids = backend.typedArrayFromHeap(segmentIds);
    const xs = backend.typedArrayFromHeap(x);
    const outs = backend.typedArrayFromHeap(out);
    for (let k = 0; k < ids.length; k++) {
      const id = ids[k] as number;
      if (id < 0 || id >= numSegments) continue;
      for (let j = 0; j < width; j++) {
        outs[id * width + j] = (outs[id * width + j] as number) + (xs[k * width + j] as number);
      }
    }
    return out;
  },
};
