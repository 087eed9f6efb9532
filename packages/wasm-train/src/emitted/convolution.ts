import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { ConvInfo } from '../window.js';
import type { Heap } from './heap.js';
import { packColumns, panelBytes, panelWidth } from './pack.js';
import { paddedImages, withPadded } from './padded-images.js';
import { eachGroupOfPixels } from './pixel-rows.js';
import { rowProducts } from './row-products.js';

/** Taps of the filter at a time: a panel is 16 kB then, half of a first-level cache. */
const tapsAtATime = 512;

/** Stretches of a window, each a piece of one row of it, that are multiplied by one panel. */
interface Taps {
  /** The first tap, as the filter counts them. */
  readonly first: number;
  readonly segments: number;
  readonly length: number;
  /** Bytes from the window's start. */
  readonly offset: number;
}

/**
 * `Conv2D` without dilation, y [N, OH, OW, O]: the patches of x under the windows, read in place, times the filter as a
 * matrix [KH * KW * I, O].
 */
export function convolve(heap: Heap, x: TensorInfo, filter: TensorInfo, y: TensorInfo, info: ConvInfo): void {
  const { outChannels } = info;
  const taps = tapsOf(info);
  const padded = paddedImages(info);
  const columns = Math.ceil(outChannels / panelWidth);
  const depth = info.filterHeight * info.filterWidth * info.inChannels;
  heap.scratch(columns * panelBytes(depth, panelWidth), (panels) => {
    const panelOf = (column: number, first: number, width: number): number =>
      panels + (column / panelWidth) * panelBytes(depth, panelWidth) + panelBytes(first, width);
    const eachPanel = (use: (taps: Taps, column: number, width: number, panel: number) => void): void => {
      for (const piece of taps) {
        for (let column = 0; column < outChannels; column += panelWidth) {
          const width = Math.min(panelWidth, outChannels - column);
          use(piece, column, width, panelOf(column, piece.first, width));
        }
      }
    };
    eachPanel(({ first, segments, length }, column, width, panel) => {
      const from = heap.address(filter) + 4 * (first * outChannels + column);
      heap.kernel(packColumns(width))(from, 4 * outChannels, segments * length, panel);
    });
    withPadded(heap, x, info, (xs) => {
      const ys = heap.address(y);
      const image = 4 * info.outHeight * info.outWidth * outChannels;
      eachGroupOfPixels(heap, info, true, (group) => {
        eachPanel(({ first, segments, length, offset }, column, width, panel) =>
          heap.kernel(rowProducts(width))(
            group.table,
            group.rows,
            xs + group.image * padded.image + offset,
            ys + group.image * image + 4 * column,
            panel,
            segments,
            length,
            padded.row - 4 * length,
            Number(first > 0),
          ),
        );
      });
    });
  });
}

/** Cuts the filter into pieces: several of its rows, or a part of one. */
function tapsOf(info: ConvInfo): Taps[] {
  const { filterHeight, filterWidth, inChannels } = info;
  const { row } = paddedImages(info);
  const length = filterWidth * inChannels;
  const pieces: Taps[] = [];
  const together = Math.max(1, Math.floor(tapsAtATime / length));
  for (let p = 0; p < filterHeight; p += together) {
    const segments = Math.min(together, filterHeight - p);
    for (let from = 0; from < length; from += tapsAtATime) {
      pieces.push({
        first: p * length + from,
        segments,
        length: Math.min(tapsAtATime, length - from),
        offset: p * row + 4 * from,
      });
    }
  }
  return pieces;
}
