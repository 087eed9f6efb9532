import type { TensorInfo } from '@tensorflow/tfjs-core';
import { anyEmpty, sizeOf } from '../shape.js';
import type { Steps } from '../steps.js';
import type { TrainingKernel } from '../training-kernel.js';

/**
 * `BatchMatMul`: op(a) x op(b), where op transposes the last two axes or not.
 *
 * The backend multiplies two plain matrices with XNNPACK and everything else with a scalar loop. A transposed operand
 * is transposed first, which costs one pass over it.
 */
export const batchMatMul: TrainingKernel = {
  kernelName: 'BatchMatMul',
  compute: ({ inputs, attrs, steps }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    if (a.dtype !== 'float32' || b.dtype !== 'float32' || anyEmpty(a, b)) return undefined;
    if (!transposeA && !transposeB) return undefined;
    if (sizeOf(a.shape.slice(0, -2)) !== 1 || sizeOf(b.shape.slice(0, -2)) !== 1) return undefined;
    return steps.run(
      'BatchMatMul',
      { a: transposeA ? swapLastAxes(steps, a) : a, b: transposeB ? swapLastAxes(steps, b) : b },
      { transposeA: false, transposeB: false },
    );
  },
};

function swapLastAxes(steps: Steps, x: TensorInfo): TensorInfo {
  const rank = x.shape.length;
  const perm = x.shape.map((_, axis) => axis);
  [perm[rank - 1], perm[rank - 2]] = [rank - 2, rank - 1];
  return steps.transpose(x, perm);
}
