import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Steps } from './steps.js';

/** The rows and columns with which the values behind a data id were first multiplied. */
const packedAs = new WeakMap<object, string>();

/**
 * The right operand of a plain matrix product, [1, rows, columns], as XNNPACK may safely have it.
 *
 * The backend keeps XNNPACK's packed form of a right operand under the id of its values alone. A reshaped tensor has the
 * same id, so its product would run on the packed form of another shape and read out of bounds. Such an operand is
 * copied, which gives it an id of its own.
 */
export function rightOperand(steps: Steps, b: TensorInfo): TensorInfo {
  const shape = b.shape.slice(-2).join('x');
  const known = packedAs.get(b.dataId);
  if (known === undefined) packedAs.set(b.dataId, shape);
  if (known === undefined || known === shape) return b;
  const copy = steps.allocate(b.shape, b.dtype);
  steps.copy(b, copy);
  return copy;
}
