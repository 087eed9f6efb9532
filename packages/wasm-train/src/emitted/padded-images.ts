import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { ConvInfo } from '../window.js';
import { advanceBy, countDown, type EmittedKernel, parametersOf } from './emitted-kernel.js';
import type { Heap } from './heap.js';

/** Images with a border of zeros, so that no window leaves them. Sizes in bytes. */
export interface PaddedImages {
  readonly image: number;
  readonly row: number;
  readonly pixel: number;
  /** Where the first pixel inside the border is. */
  readonly inside: number;
  /** Where the first window is: not at 0 when the padding is negative. */
  readonly firstWindow: number;
  /** Whether there is no border, and nothing cut off. */
  readonly isPlain: boolean;
}

/** The layout of the padded input of a convolution. */
export function paddedImages(info: ConvInfo): PaddedImages {
  // A convolution of three dimensions may have a padding below zero: its windows leave the first pixels out.
  const [top, left] = [Math.max(0, info.padInfo.top), Math.max(0, info.padInfo.left)];
  const [skippedRows, skippedColumns] = [top - info.padInfo.top, left - info.padInfo.left];
  const rows = skippedRows + (info.outHeight - 1) * info.strideHeight + info.effectiveFilterHeight;
  const columns = skippedColumns + (info.outWidth - 1) * info.strideWidth + info.effectiveFilterWidth;
  const height = Math.max(info.inHeight + top, rows);
  const width = Math.max(info.inWidth + left, columns);
  const pixel = 4 * info.inChannels;
  return {
    image: height * width * pixel,
    row: width * pixel,
    pixel,
    inside: (top * width + left) * pixel,
    firstWindow: (skippedRows * width + skippedColumns) * pixel,
    isPlain: height === info.inHeight && width === info.inWidth,
  };
}

/** Fills a table with where the first window of each row of the output is, image by image. */
export function fillRuns(table: Int32Array, info: ConvInfo): void {
  const padded = paddedImages(info);
  for (let run = 0; run < table.length; run++) {
    const r = run % info.outHeight;
    const image = (run - r) / info.outHeight;
    table[run] = padded.firstWindow + image * padded.image + r * info.strideHeight * padded.row;
  }
}

/** Gives `body` the address of x with its border: a copy, unless there is none. */
export function withPadded(heap: Heap, x: TensorInfo, info: ConvInfo, body: (address: number) => void): void {
  const images = paddedImages(info);
  if (images.isPlain) {
    body(heap.address(x));
    return;
  }
  const bytes = info.batchSize * images.image;
  heap.scratch(bytes, (padded) => {
    heap.integers(padded, bytes / 4).fill(0);
    const row = info.inWidth * images.pixel;
    for (let n = 0; n < info.batchSize; n++) {
      const from = heap.address(x) + n * info.inHeight * row;
      heap.kernel(copyRows)(
        from,
        row,
        padded + n * images.image + images.inside,
        images.row,
        row,
        info.inHeight,
      );
    }
    body(padded);
  });
}

/** Gives `body` the address of zeros of the padded size to add to, and then copies their inside to x. */
export function addToPadded(
  heap: Heap,
  x: TensorInfo,
  info: ConvInfo,
  body: (address: number) => void,
): void {
  const images = paddedImages(info);
  if (images.isPlain) {
    heap.clear(x);
    body(heap.address(x));
    return;
  }
  const bytes = info.batchSize * images.image;
  heap.scratch(bytes, (padded) => {
    heap.integers(padded, bytes / 4).fill(0);
    body(padded);
    const row = info.inWidth * images.pixel;
    for (let n = 0; n < info.batchSize; n++) {
      const to = heap.address(x) + n * info.inHeight * row;
      heap.kernel(copyRows)(
        padded + n * images.image + images.inside,
        images.row,
        to,
        row,
        row,
        info.inHeight,
      );
    }
  });
}

/** `(from, fromStride, to, toStride, bytes, rows)`: copies rows of bytes. */
type CopyRows = (
  from: number,
  fromStride: number,
  to: number,
  toStride: number,
  bytes: number,
  rows: number,
) => void;

const copyRows: EmittedKernel<CopyRows> = {
  parameters: 6,
  write: (f) => {
    const [from, fromStride, to, toStride, bytes, rows] = parametersOf(f, 6);
    countDown(f, rows, () => {
      f.get(to).get(from).get(bytes).memoryCopy();
      advanceBy(f, from, fromStride);
      advanceBy(f, to, toStride);
    });
  },
};
