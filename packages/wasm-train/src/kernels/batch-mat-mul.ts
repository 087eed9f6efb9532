import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { batchProduct } from '../emitted/batch-product.js';
import { heapOf } from '../emitted/heap.js';
import { matrixIndex } from '../matrix-index.js';
import { rightOperand } from '../right-operand.js';
import { anyEmpty, sizeOf } from '../shape.js';
import type { Steps } from '../steps.js';
import type { KernelCall, TrainingKernel } from '../training-kernel.js';

/** Below so many multiply-adds the backend's loop over a product is faster than setting one up in XNNPACK. */
const worthSettingUp = 2 ** 14;

/**
 * `BatchMatMul`: op(a) x op(b) for every pair of matrices, where op transposes the last two axes or not and the axes
 * before them broadcast.
 *
 * The backend multiplies two plain matrices with XNNPACK and everything else with a scalar loop, which also pairs the
 * matrices wrongly when both operands broadcast. Our own kernel reads operands transposed where they lie. Without the
 * heap a transposed operand is transposed first, which costs one pass over it. A batch is multiplied pair by pair.
 */
export const batchMatMul: TrainingKernel = {
  kernelName: 'BatchMatMul',
  compute: (call) => {
    const { inputs, attrs, backend, steps } = call;
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    if (a.dtype !== 'float32' || b.dtype !== 'float32' || anyEmpty(a, b)) return undefined;
    const heap = heapOf(backend);
    const product = heap && batchProduct(call, heap);
    if (product !== undefined) return product;

    const batchA = a.shape.slice(0, -2);
    const batchB = b.shape.slice(0, -2);
    const countA = sizeOf(batchA);
    const countB = sizeOf(batchB);
    if (countA === 1 && countB === 1) {
      if (!transposeA && !transposeB) {
        const operand = rightOperand(steps, b);
        return operand === b ? undefined : multiply(steps, a, operand);
      }
      return multiply(steps, swapped(steps, a, transposeA), swapped(steps, b, transposeB));
    }
    const left = transposeA ? lastAxis(a, 1) : lastAxis(a, 2);
    const shared = transposeA ? lastAxis(a, 2) : lastAxis(a, 1);
    const right = transposeB ? lastAxis(b, 2) : lastAxis(b, 1);
    if (countB === 1 && !transposeA) {
      // One matrix for the whole batch: the rows of the batch are rows of one matrix.
      const rows = steps.reshape(a, [1, countA * left, shared]);
      const matrix = steps.reshape(b, [1, ...b.shape.slice(-2)]);
      const product = multiply(steps, rows, swapped(steps, matrix, transposeB));
      return steps.reshape(product, [...broadcast(batchA, batchB), left, right]);
    }
    const pairsUp = countA === 1 || countB === 1 || batchA.join() === batchB.join();
    if (pairsUp && left * shared * right < worthSettingUp) return undefined;
    return pairByPair(call, swapped(steps, a, transposeA), swapped(steps, b, transposeB));
  },
};

const lastAxis = (x: TensorInfo, fromEnd: number): number => x.shape[x.shape.length - fromEnd] as number;

const broadcast = (a: number[], b: number[]): number[] => backend_util.assertAndGetBroadcastShape(a, b);

const multiply = (steps: Steps, a: TensorInfo, b: TensorInfo): TensorInfo =>
  steps.run('BatchMatMul', { a, b }, { transposeA: false, transposeB: false });

function swapped(steps: Steps, x: TensorInfo, swap: boolean): TensorInfo {
  if (!swap) return x;
  const rank = x.shape.length;
  const perm = x.shape.map((_, axis) => axis);
  [perm[rank - 1], perm[rank - 2]] = [rank - 2, rank - 1];
  return steps.transpose(x, perm);
}

function pairByPair({ backend, steps }: KernelCall, a: TensorInfo, b: TensorInfo): TensorInfo {
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [left, right] = [lastAxis(a, 2), lastAxis(b, 1)];
  const out = steps.allocate([...batch, left, right], 'float32');
  const matrixOf = (x: TensorInfo, pair: number): TensorInfo => {
    const [rows, columns] = [lastAxis(x, 2), lastAxis(x, 1)];
    const matrix = steps.allocate([1, rows, columns], 'float32');
    const from = matrixIndex(x.shape.slice(0, -2), batch, pair) * rows * columns;
    const values = backend.typedArrayFromHeap(x).subarray(from, from + rows * columns);
    backend.typedArrayFromHeap(matrix).set(values);
    return matrix;
  };
  for (let pair = 0; pair < sizeOf(batch); pair++) {
    const [matrixA, matrixB] = [matrixOf(a, pair), matrixOf(b, pair)];
    const product = multiply(steps, matrixA, matrixB);
    backend.typedArrayFromHeap(out).set(backend.typedArrayFromHeap(product), pair * left * right);
    steps.free(matrixA, matrixB, product);
  }
  return out;
}
