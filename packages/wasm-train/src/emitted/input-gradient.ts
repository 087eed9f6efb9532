import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { ConvInfo } from '../window.js';
import type { Heap } from './heap.js';
import { packRows, panelBytes, panelWidth } from './pack.js';
import { addToPadded, paddedImages } from './padded-images.js';
import { eachGroupOfPixels } from './pixel-rows.js';
import { rowProducts } from './row-products.js';

/** Output channels at a time: a panel is 16 kB then, half of a first-level cache. */
const channelsAtATime = 512;

/**
 * `Conv2DBackpropInput`, dx [N, H, W, I]: dy as a matrix [pixels, O] times the transposed filter gives patches, which
 * are added to dx where the windows lie. No patch is ever stored.
 */
export function inputGradient(
  heap: Heap,
  dy: TensorInfo,
  filter: TensorInfo,
  dx: TensorInfo,
  info: ConvInfo,
): void {
  const { outChannels, filterHeight } = info;
  const padded = paddedImages(info);
  const taps = info.filterWidth * info.inChannels;
  const depthOfAll = Math.min(outChannels, channelsAtATime);
  const bytes = panelBytes(depthOfAll, panelWidth);
  const panelsOfRow = Math.ceil(taps / panelWidth);
  addToPadded(heap, dx, info, (dxs) => {
    heap.scratch(filterHeight * panelsOfRow * bytes, (panels) => {
      const eachPanel = (use: (p: number, tap: number, width: number, panel: number) => void): void => {
        for (let p = 0; p < filterHeight; p++) {
          for (let tap = 0; tap < taps; tap += panelWidth) {
            const panel = panels + (p * panelsOfRow + tap / panelWidth) * bytes;
            use(p, tap, Math.min(panelWidth, taps - tap), panel);
          }
        }
      };
      for (let channel = 0; channel < outChannels; channel += depthOfAll) {
        const depth = Math.min(depthOfAll, outChannels - channel);
        eachPanel((p, tap, width, panel) => {
          const from = heap.address(filter) + 4 * ((p * taps + tap) * outChannels + channel);
          heap.kernel(packRows(width))(from, 4 * outChannels, depth, panel);
        });
        const image = 4 * info.outHeight * info.outWidth * outChannels;
        eachGroupOfPixels(heap, info, false, (group) => {
          eachPanel((p, tap, width, panel) =>
            heap.kernel(rowProducts(width))(
              group.table,
              group.rows,
              heap.address(dy) + group.image * image + 4 * channel,
              dxs + group.image * padded.image + p * padded.row + 4 * tap,
              panel,
              1,
              depth,
              0,
              1,
            ),
          );
        });
      }
    });
  });
}
