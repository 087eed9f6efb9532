import type { backend_util } from '@tensorflow/tfjs-core';
import type { ConvInfo } from './window.js';

type Values = backend_util.TypedArray;

/** Images from `first` up to, not including, `end`. */
export interface ImageRange {
  readonly first: number;
  readonly end: number;
}

/**
 * Cuts a batch into ranges of images with about `rows` output pixels each, at least one image.
 *
 * The patches of one range then fit the cache: a matrix product over all images at once reads its operands from memory
 * again for every few rows of the result.
 */
export function imageRanges(info: ConvInfo, rows: number): readonly ImageRange[] {
  const step = Math.max(1, Math.floor(rows / (info.outHeight * info.outWidth)));
  const ranges: ImageRange[] = [];
  for (let first = 0; first < info.batchSize; first += step) {
    ranges.push({ first, end: Math.min(info.batchSize, first + step) });
  }
  return ranges;
}

/**
 * Writes the patches of x [N, H, W, I] under the windows of a convolution, transposed: [KH * KW * I, images * OH * OW].
 * Zero where a window lies outside.
 */
export function gatherPatches(x: Values, patches: Values, info: ConvInfo, images: ImageRange): void {
  const { filterHeight, filterWidth, inChannels, inHeight, inWidth, outHeight, outWidth } = info;
  const { strideHeight, strideWidth } = info;
  const step = strideWidth * inChannels;
  let to = 0;
  for (let p = 0; p < filterHeight; p++) {
    for (let q = 0; q < filterWidth; q++) {
      const first = q - info.padInfo.left;
      const inside = first >= 0 && first + (outWidth - 1) * strideWidth < inWidth;
      for (let i = 0; i < inChannels; i++) {
        for (let n = images.first; n < images.end; n++) {
          for (let r = 0; r < outHeight; r++) {
            const row = r * strideHeight + p - info.padInfo.top;
            if (row < 0 || row >= inHeight) {
              patches.fill(0, to, to + outWidth);
              to += outWidth;
              continue;
            }
            let from = ((n * inHeight + row) * inWidth + first) * inChannels + i;
            if (inside) {
              for (let c = 0; c < outWidth; c++, from += step) patches[to++] = x[from] as number;
              continue;
            }
            for (let c = 0; c < outWidth; c++, from += step) {
              const column = first + c * strideWidth;
              patches[to++] = column >= 0 && column < inWidth ? (x[from] as number) : 0;
            }
          }
        }
      }
    }
  }
}

/** Adds patches [images * OH * OW, KH * KW * I] to the places of dx [N, H, W, I] that they were seen at. */
export function scatterPatches(patches: Values, dx: Values, info: ConvInfo, images: ImageRange): void {
  const { filterHeight, filterWidth, inChannels, inHeight, inWidth, outHeight, outWidth } = info;
  let patch = 0;
  for (let n = images.first; n < images.end; n++) {
    for (let r = 0; r < outHeight; r++) {
      const top = r * info.strideHeight - info.padInfo.top;
      for (let c = 0; c < outWidth; c++) {
        const left = c * info.strideWidth - info.padInfo.left;
        const from = Math.max(0, -left);
        const length = (Math.min(filterWidth, inWidth - left) - from) * inChannels;
        for (let p = 0; p < filterHeight; p++) {
          const row = top + p;
          if (row < 0 || row >= inHeight) continue;
          let at = patch + (p * filterWidth + from) * inChannels;
          let to = ((n * inHeight + row) * inWidth + left + from) * inChannels;
          for (let j = 0; j < length; j++, at++, to++) dx[to] = (dx[to] as number) + (patches[at] as number);
        }
        patch += filterHeight * filterWidth * inChannels;
      }
    }
  }
}
