import type { TensorInfo } from '@tensorflow/tfjs-core';

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Whether any of the tensors has no element. */
export function anyEmpty(...infos: readonly TensorInfo[]): boolean {
  return infos.some((info) => info.shape.includes(0));
}
