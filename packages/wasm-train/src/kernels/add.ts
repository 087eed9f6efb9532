import type { TensorInfo } from '@tensorflow/tfjs-core';
import { addRow } from '../emitted/add-row.js';
import { heapOf } from '../emitted/heap.js';
import { sizeOf } from '../shape.js';
import type { TrainingKernel } from '../training-kernel.js';

/** Below so many numbers the backend's own is as fast. */
const worthCalling = 2 ** 14;

/** `Add` of a bias: of a float32 row to each row of x. Any other sum is left to the backend. */
export const add: TrainingKernel = {
  kernelName: 'Add',
  compute: ({ inputs, backend, steps }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const columns = a.shape.at(-1);
    const isBias = a.shape.length > 1 && b.shape.length === 1 && b.shape[0] === columns;
    if (!isBias || a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
    const size = sizeOf(a.shape);
    const heap = heapOf(backend);
    if (heap === undefined || size < worthCalling) return undefined;
    const sums = steps.allocate(a.shape, 'float32');
    addRow(
      heap,
      heap.address(a),
      heap.address(b),
      heap.address(sums),
      size / (columns as number),
      columns as number,
    );
    return sums;
  },
};
