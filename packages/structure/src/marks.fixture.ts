import * as tf from '@tensorflow/tfjs-core';

/** Which elements of an example belong to removed channels: 1 for these, 0 for the others. Its batch is 1. */
export type Mark = tf.Tensor;

/** A mark as large as an example of the tensor. */
export function full(mark: Mark, tensor: tf.Tensor): Mark {
  return tf.broadcastTo(mark, [1, ...tensor.shape.slice(1)]);
}

/** The marks of channels, for a tensor that has them on this axis. */
export function placed(channels: tf.Tensor, axis: number, rank: number): Mark {
  return tf.reshape(
    channels,
    Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1)),
  );
}

/** Like tfjs, puts the missing axes behind that of the batch. */
export function placedBehind(mark: Mark, rank: number): Mark {
  const missing = Array.from({ length: rank - mark.rank }, () => 1);
  return tf.reshape(mark, [1, ...missing, ...mark.shape.slice(1)]);
}

/** The marks along an axis, given that they don't depend on the others. */
export function alongAxis(mark: Mark, axis: number): tf.Tensor {
  return tf.max(mark, othersOf(mark, axis));
}

function othersOf(mark: Mark, axis: number): number[] {
  return mark.shape.flatMap((_, index) => (index === axis ? [] : [index]));
}

/** Whether any element is marked. Read at once, since it is asked inside a layer's call, which can't wait. */
export function isMarked(mark: Mark): boolean {
  return tf.max(mark).dataSync()[0] === 1;
}

export function assertNone(mark: Mark, path: string): void {
  if (isMarked(mark)) throw new Error(`"${path}" needs an element of a removed channel`);
}

/** The layer mixes what lies along all other axes. */
export function assertAlong(mark: Mark, axis: number, path: string): void {
  const others = othersOf(mark, axis);
  assertNone(tf.sub(tf.max(mark, others), tf.min(mark, others)), path);
}

/** The layer mixes what lies along the axis. */
export function assertSame(mark: Mark, axis: number, path: string): void {
  assertNone(tf.sub(tf.max(mark, axis), tf.min(mark, axis)), path);
}

/** The mark, unless the layer's softmax mixes it with others. */
export function mixed(mark: Mark, config: tf.serialization.ConfigDict, path: string): Mark {
  if (config.activation === 'softmax' || config.activation === 'logSoftmax') assertSame(mark, -1, path);
  return mark;
}
