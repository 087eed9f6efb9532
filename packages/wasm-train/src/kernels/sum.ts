import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core';
import { heapOf } from '../emitted/heap.js';
import { sumRows as sumRowsInHeap } from '../emitted/sum-rows.js';
import { anyEmpty, sizeOf } from '../shape.js';
import type { KernelCall, TrainingKernel } from '../training-kernel.js';

/**
 * `Sum` over the leading axes, which is the gradient of a bias: the sum of the rows of x as a matrix [reduced, kept].
 *
 * The backend transposes x and adds up one number at a time. Here it is a kernel of our own, or else XNNPACK averages windows of 2^k rows, whole rows at a
 * time; multiplied by 2^k that is their sum, exactly. Other axes are left to the backend.
 */
export const sum: TrainingKernel = {
  kernelName: 'Sum',
  compute: (call) => {
    const { x } = call.inputs as { x: TensorInfo };
    const plan = leadingAxes(call);
    if (plan === undefined) return undefined;
    // The backend leaves the sum of no numbers unwritten.
    if (anyEmpty(x))
      return call.steps.run('Fill', {}, { shape: [...plan.outShape], value: 0, dtype: 'float32' });
    return sumRows(call, x, plan, 1);
  },
};

/** `Mean` over the leading axes, as in a batch normalization: that sum, divided. Others are left to the backend. */
export const mean: TrainingKernel = {
  kernelName: 'Mean',
  compute: (call) => {
    const { x } = call.inputs as { x: TensorInfo };
    const plan = leadingAxes(call);
    if (plan === undefined || anyEmpty(x)) return undefined;
    return sumRows(call, x, plan, sizeOf(plan.reduced));
  },
};

interface Reduction {
  readonly reduced: readonly number[];
  readonly kept: readonly number[];
  readonly outShape: readonly number[];
}

/** The reduction when it is over the first axes of a float32 tensor and leaves some. */
function leadingAxes({ inputs, attrs }: KernelCall): Reduction | undefined {
  const { x } = inputs as { x: TensorInfo };
  const { axis, keepDims } = attrs as { axis: number | number[] | null; keepDims: boolean };
  const rank = x.shape.length;
  if (x.dtype !== 'float32' || axis == null) return undefined;
  const axes = new Set([axis].flat().map((index) => (index < 0 ? index + rank : index)));
  for (let index = 0; index < axes.size; index++) if (!axes.has(index)) return undefined;
  const reduced = x.shape.slice(0, axes.size);
  const kept = x.shape.slice(axes.size);
  if (sizeOf(reduced) === 1 || sizeOf(kept) === 1) return undefined;
  return { reduced, kept, outShape: keepDims ? [...reduced.map(() => 1), ...kept] : kept };
}

/** The most rows that are averaged at once. */
const largestWindow = 256;

function sumRows(
  { backend, steps }: KernelCall,
  x: TensorInfo,
  plan: Reduction,
  divisor: number,
): TensorInfo {
  const rows = sizeOf(plan.reduced);
  const columns = sizeOf(plan.kept);
  const heap = heapOf(backend);
  if (heap !== undefined) {
    const total = steps.allocate(plan.outShape, 'float32');
    sumRowsInHeap(heap, heap.address(x), rows, columns, heap.address(total));
    return divided(backend.typedArrayFromHeap(total), total, divisor);
  }
  const window = Math.min(largestWindow, 2 ** Math.floor(Math.log2(rows)));
  const means = steps.run(
    'AvgPool',
    { x: steps.reshape(x, [1, rows, 1, columns]) },
    { filterSize: [window, 1], strides: [window, 1], pad: 'valid' },
  );
  const total = steps.run('Fill', {}, { shape: [...plan.outShape], value: 0, dtype: 'float32' });
  const totals = backend.typedArrayFromHeap(total);
  addRows(totals, backend.typedArrayFromHeap(means), 0, window);
  addRows(totals, backend.typedArrayFromHeap(x), Math.floor(rows / window) * window * columns, 1);
  return divided(totals, total, divisor);
}

function divided(totals: backend_util.TypedArray, total: TensorInfo, divisor: number): TensorInfo {
  if (divisor !== 1) for (let j = 0; j < totals.length; j++) totals[j] = (totals[j] as number) / divisor;
  return total;
}

/** Adds the rows of `values` from position `from` on, each times `factor`. */
function addRows(
  totals: backend_util.TypedArray,
  values: backend_util.TypedArray,
  from: number,
  factor: number,
): void {
  for (let at = from; at < values.length; ) {
    for (let j = 0; j < totals.length; j++, at++) {
      totals[j] = (totals[j] as number) + (values[at] as number) * factor;
    }
  }
}
