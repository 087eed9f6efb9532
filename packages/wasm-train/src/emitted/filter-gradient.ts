import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { ConvInfo } from '../window.js';
import { columnProducts, columnTiles } from './column-products.js';
import type { Heap } from './heap.js';
import { packColumns, panelBytes, panelWidth } from './pack.js';
import { fillRuns, paddedImages, withPadded } from './padded-images.js';

/** How many output pixels are multiplied at a time: about a panel of 8 kB. */
const pixelsAtATime = 256;

/**
 * `Conv2DBackpropFilter`, dw [KH, KW, I, O]: the patches of x under the windows, read in place and transposed, times dy
 * as a matrix [pixels, O].
 */
export function filterGradient(
  heap: Heap,
  x: TensorInfo,
  dy: TensorInfo,
  dw: TensorInfo,
  info: ConvInfo,
): void {
  const { outWidth, outChannels } = info;
  const padded = paddedImages(info);
  const runs = info.batchSize * info.outHeight;
  const runsAtATime = Math.max(1, Math.floor(pixelsAtATime / outWidth));
  // The taps in a row of the filter lie one after the other in x, too.
  const taps = info.filterWidth * info.inChannels;
  const { fours, rest } = columnTiles(taps);
  withPadded(heap, x, info, (xs) => {
    heap.scratch(4 * runs + panelBytes(runsAtATime * outWidth, panelWidth), (panel) => {
      const table = panel + panelBytes(runsAtATime * outWidth, panelWidth);
      fillRuns(heap.integers(table, runs), info);
      const [dys, dws] = [heap.address(dy), heap.address(dw)];
      for (let first = 0; first < runs; first += runsAtATime) {
        const count = Math.min(runsAtATime, runs - first);
        for (let column = 0; column < outChannels; column += panelWidth) {
          const width = Math.min(panelWidth, outChannels - column);
          const from = dys + 4 * (first * outWidth * outChannels + column);
          heap.kernel(packColumns(width))(from, 4 * outChannels, count * outWidth, panel);
          for (let p = 0; p < info.filterHeight; p++) {
            const multiply = (columns: number, tiles: number, tap: number): void =>
              heap.kernel(columnProducts(columns, width))(
                tiles,
                table + 4 * first,
                count,
                outWidth,
                info.strideWidth * padded.pixel,
                xs + p * padded.row + 4 * tap,
                panel,
                dws + 4 * ((p * taps + tap) * outChannels + column),
                4 * outChannels,
                Number(first > 0),
              );
            if (fours > 0) multiply(4, fours, 0);
            if (rest > 0) multiply(rest, 1, 4 * fours);
          }
        }
      }
    });
  });
}
