import { dispose, memory, tensor2d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { shuffled } from './shuffle.js';

const indices = Array.from({ length: 50 }, (_, index) => index);

async function orderOf(seed: string): Promise<{ images: number[]; labels: number[] }> {
  const examples = {
    images: tensor2d(
      indices.flatMap((index) => [index, -index]),
      [50, 2],
    ),
    labels: tensor2d(indices, [50, 1]),
  };
  const { images, labels } = shuffled(examples, seed);
  const order = { images: Array.from(await images.data()), labels: Array.from(await labels.data()) };
  dispose([examples.images, examples.labels, images, labels]);
  return order;
}

it('puts every example in another place, with its label, by the seed alone', async () => {
  const before = memory().numTensors;
  const [first, again, other] = [await orderOf('a 0'), await orderOf('a 0'), await orderOf('a 1')];
  expect(first).toEqual(again);
  expect(first.labels).not.toEqual(other.labels);
  expect([...first.labels].sort((a, b) => a - b)).toEqual(indices);
  expect(first.images).toEqual(first.labels.flatMap((label) => [label, label === 0 ? -0 : -label]));
  expect(memory().numTensors).toBe(before);
});
