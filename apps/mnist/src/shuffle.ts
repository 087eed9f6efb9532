import { gather, tensor1d, tidy } from '@tensorflow/tfjs-core';
import seedrandom from 'seedrandom';
import type { Examples } from './dataset.js';

/** The examples in an order that the seed decides. `fit` shuffles too, but takes no seed. */
export function shuffled({ images, labels }: Examples, seed: string): Examples {
  return tidy(() => {
    const order = tensor1d(permutation(labels.shape[0], seed), 'int32');
    return { images: gather(images, order), labels: gather(labels, order) };
  });
}

/** Fisher and Yates's. */
function permutation(length: number, seed: string): Int32Array {
  const random = seedrandom(seed);
  const order = Int32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last -= 1) {
    const chosen = Math.floor(random() * (last + 1));
    [order[last], order[chosen]] = [order[chosen] as number, order[last] as number];
  }
  return order;
}
