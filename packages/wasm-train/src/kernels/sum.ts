import type { TensorInfo } from '@tensorflow/tfjs-core';
import { anyEmpty, sizeOf } from '../shape.js';
import type { Steps } from '../steps.js';
import type { KernelCall, TrainingKernel } from '../training-kernel.js';

/**
 * `Sum` over the leading axes, which is the gradient of a bias: 1^T x, with x as a matrix [reduced, kept].
 *
 * The backend transposes x and adds up rows one number at a time; as a product with a row of ones XNNPACK adds up
 * several columns at once. Other axes are left to the backend.
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
    return sumRows(call.steps, x, plan, 1);
  },
};

/** `Mean` over the leading axes, as in a batch normalization: 1^T x / reduced. Others are left to the backend. */
export const mean: TrainingKernel = {
  kernelName: 'Mean',
  compute: (call) => {
    const { x } = call.inputs as { x: TensorInfo };
    const plan = leadingAxes(call);
    if (plan === undefined || anyEmpty(x)) return undefined;
    return sumRows(call.steps, x, plan, sizeOf(plan.reduced));
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

function sumRows(
  steps: Steps,
  x: TensorInfo,
  { reduced, kept, outShape }: Reduction,
  divisor: number,
): TensorInfo {
  const rows = sizeOf(reduced);
  const columns = sizeOf(kept);
  // XNNPACK keeps a packed copy of the right operand for as long as that lives, so it gets one of our own.
  const copy = steps.allocate([1, rows, columns], 'float32');
  steps.copy(x, copy);
  const ones = steps.run('Fill', {}, { shape: [1, 1, rows], value: 1, dtype: 'float32' });
  const total = steps.run('BatchMatMul', { a: ones, b: copy }, { transposeA: false, transposeB: false });
  if (divisor === 1) return steps.reshape(total, outShape);
  const by = steps.run('Fill', {}, { shape: [], value: divisor, dtype: 'float32' });
  return steps.reshape(steps.run('RealDiv', { a: total, b: by }), outShape);
}
