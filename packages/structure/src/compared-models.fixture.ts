import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** What a model answers. */
export type Predict = (inputs: tf.Tensor[]) => tf.Tensor[];

/** What a model predicts. */
export function predictor(model: LayersModel): Predict {
  return (inputs) => [model.predict(inputs)].flat();
}

/** Compares what two models answer, and counts tensors while they do. */
export async function compare(
  inputs: tf.Tensor[],
  expect: Predict,
  predict: Predict,
  allowed: number,
): Promise<void> {
  const { numTensors } = tf.memory();
  const expected = tf.tidy(() => expect(inputs));
  const actual = tf.tidy(() => predict(inputs));
  for (const [index, output] of expected.entries()) {
    const other = actual[index] as tf.Tensor;
    same(other.shape, output.shape, `shape of output ${index}`);
    const error = relativeError(await output.data(), await other.data());
    if (!(error <= allowed)) throw new Error(`Output ${index} differs by ${error}`);
  }
  tf.dispose([...expected, ...actual]);
  same(tf.memory().numTensors, numTensors, 'tensors left over by predictions');
  tf.dispose(inputs);
}

/** The largest difference, as a part of the largest value. */
function relativeError(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  let [difference, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs((expected[i] as number) - (actual[i] as number)));
    largest = Math.max(largest, Math.abs(expected[i] as number));
  }
  return difference === 0 ? 0 : difference / largest;
}

/** Throws where two values differ. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}
