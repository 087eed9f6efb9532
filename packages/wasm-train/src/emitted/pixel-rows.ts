import type { ConvInfo } from '../window.js';
import type { Heap } from './heap.js';
import { paddedImages } from './padded-images.js';
import { rowsAtATime } from './row-products.js';

/** A stretch of the rows of a table, for the images from a certain one on. */
export interface PixelRows {
  /** The first entry in the table. */
  readonly table: number;
  readonly rows: number;
  /** The image that the offsets in the table count from. */
  readonly image: number;
}

/** How many output pixels are multiplied at a time: their patches stay in the first levels of cache. */
const pixelsAtATime = 256;

/**
 * Calls `visit` for groups of output pixels of a convolution without dilation, with a table for row-products.ts: the
 * offset of each pixel's window in the padded input and of its values in the output (`windowFirst`), or the other way
 * round.
 */
export function eachGroupOfPixels(
  heap: Heap,
  info: ConvInfo,
  windowFirst: boolean,
  visit: (group: PixelRows) => void,
): void {
  const pixels = info.outHeight * info.outWidth;
  const images = Math.min(info.batchSize, Math.max(1, Math.floor(pixelsAtATime / 2 / pixels)));
  const count = images * pixels;
  heap.scratch(8 * (count + rowsAtATime), (table) => {
    fillTable(heap.integers(table, 2 * (count + rowsAtATime)), info, count, windowFirst);
    for (let image = 0; image < info.batchSize; image += images) {
      // The last group has the table's last rows: what follows them in the table is safe to read.
      const first = Math.min(image, info.batchSize - images);
      for (let row = (image - first) * pixels; row < count; row += pixelsAtATime) {
        visit({ table: table + 8 * row, rows: Math.min(pixelsAtATime, count - row), image: first });
      }
    }
  });
}

function fillTable(table: Int32Array, info: ConvInfo, count: number, windowFirst: boolean): void {
  const padded = paddedImages(info);
  const [window, value] = windowFirst ? [0, 1] : [1, 0];
  const pixels = info.outHeight * info.outWidth;
  for (let row = 0; row < count + rowsAtATime; row++) {
    const index = Math.min(row, count - 1);
    const pixel = index % pixels;
    const r = Math.floor(pixel / info.outWidth);
    const c = pixel % info.outWidth;
    table[2 * row + window] =
      padded.firstWindow +
      Math.floor(index / pixels) * padded.image +
      r * info.strideHeight * padded.row +
      c * info.strideWidth * padded.pixel;
    table[2 * row + value] = 4 * index * info.outChannels;
  }
}
