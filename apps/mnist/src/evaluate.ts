import { argMax, cast, equal, mean, reshape, type Tensor, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import type { Examples } from './dataset.js';

/** A model of tfjs, or what `sparsify` makes of one. */
interface Classifier {
  predict(images: Tensor, options: { batchSize: number }): Tensor | Tensor[];
}

/** The fraction of the examples whose class the model finds. */
export async function accuracyOf(model: Classifier, { images, labels }: Examples): Promise<number> {
  const accuracy = tidy(() => {
    const scores = model.predict(images, { batchSize: 1000 }) as Tensor2D;
    return mean(equal(argMax(scores, 1), cast(reshape(labels, [-1]), 'int32')));
  });
  const [value = Number.NaN] = await accuracy.data();
  accuracy.dispose();
  return value;
}
