import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { matrixIndex } from '../matrix-index.js';
import { sizeOf } from '../shape.js';
import type { KernelCall } from '../training-kernel.js';
import type { Heap } from './heap.js';
import { multiplyMatrices } from './matrix-product.js';

/** Up to so many rows XNNPACK is faster for a right operand that it has packed before, as for weights in a forward pass. */
const fewRows = 8;
/** Below so many multiply-adds for each of several pairs the backend's loop over a product is faster than a call of ours. */
const worthCalling = 2 ** 12;

/** `BatchMatMul` in the heap, of float32 operands that are not empty; or `undefined` where the backend's own is faster. */
export function batchProduct({ inputs, attrs, steps }: KernelCall, heap: Heap): TensorInfo | undefined {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
  const [axesA, axesB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = backend_util.assertAndGetBroadcastShape(axesA, axesB);
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [left, shared] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const right = transposeB ? rowsB : columnsB;
  // One right operand for all: the rows of the batch are rows of one matrix.
  const isOne = sizeOf(axesB) === 1 && !transposeA;
  const pairs = isOne ? 1 : sizeOf(batch);
  const rows = isOne ? left * sizeOf(axesA) : left;

  if (pairs === 1 && !transposeA && !transposeB && rows <= fewRows && sizeOf(axesA) === 1) return undefined;
  const pairsUp = sizeOf(axesA) === 1 || sizeOf(axesB) === 1 || axesA.join() === axesB.join();
  if (pairs > 1 && pairsUp && left * shared * right < worthCalling) return undefined;

  const c = steps.allocate([...batch, left, right], 'float32');
  for (let pair = 0; pair < pairs; pair++) {
    multiplyMatrices(heap, {
      a: heap.address(a) + 4 * rowsA * columnsA * (isOne ? 0 : matrixIndex(axesA, batch, pair)),
      b: heap.address(b) + 4 * rowsB * columnsB * matrixIndex(axesB, batch, pair),
      c: heap.address(c) + 4 * left * right * pair,
      left: rows,
      shared,
      right,
      transposeA,
      transposeB,
    });
  }
  return c;
}
