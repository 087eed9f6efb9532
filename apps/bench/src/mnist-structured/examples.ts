import { type Examples, loadMnist } from '@secateur-app/mnist/dataset';
import { reshape, slice, tidy } from '@tensorflow/tfjs-core';

/** What is trained on, and what the errors are of. */
export interface Sets {
  readonly train: Examples;
  readonly test: Examples;
}

/** The training set and the test set; or, for choosing recipes, the training set's first 50,000 images and the others. */
export async function loadSets({ heldOut, images }: { heldOut: boolean; images: number }): Promise<Sets> {
  const train = await loadMnist('train', images);
  if (!heldOut) return { train, test: await loadMnist('t10k') };
  const trained = images - 10_000;
  const sets = { train: part(train, 0, trained), test: part(train, trained, 10_000) };
  for (const tensor of [train.images, train.labels]) tensor.dispose();
  return sets;
}

/** The same examples with images of another shape, in place of the given ones. */
export function shaped({ images, labels }: Examples, shape: readonly number[]): Examples {
  const reshaped = reshape(images, [-1, ...shape]);
  images.dispose();
  return { images: reshaped, labels };
}

function part({ images, labels }: Examples, begin: number, size: number): Examples {
  return tidy(() => ({
    images: slice(images, [begin, 0], [size, -1]),
    labels: slice(labels, [begin, 0], [size, -1]),
  }));
}
