import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { ConvInfo } from '../window.js';
import {
  advance,
  advanceBy,
  countDown,
  type EmittedKernel,
  family,
  loadFloats,
  parametersOf,
  variables,
} from './emitted-kernel.js';
import type { Heap } from './heap.js';
import { fillRuns, paddedImages, withPadded } from './padded-images.js';
import { storeRow } from './store-row.js';

/** Channels at a time, in registers. */
const channelsAtATime = 16;
/** How many output pixels at a time: what is read of x and dy stays in cache for all taps. */
const pixelsAtATime = 256;

/**
 * `(table, runs, length, xStride, yStride, x, dy, dw, add)`: some channels of one tap, dw[i] = sum over pixels of x[i] *
 * dy[i]. The table has the bytes from `x` to each run of `length` pixels, which lie `xStride` bytes apart; the pixels of
 * dy are all `yStride` bytes apart. The sums replace what is in dw, or are added to it.
 */
type TapGradient = (
  table: number,
  runs: number,
  length: number,
  xStride: number,
  yStride: number,
  x: number,
  dy: number,
  dw: number,
  add: number,
) => void;

const tapGradient: (channels: number) => EmittedKernel<TapGradient> = family((channels: number) => ({
  parameters: 9,
  write: (f) => {
    const [table, runs, length, xStride, yStride, x, dy, dw, add] = parametersOf(f, 9);
    const [pointer, k] = variables(f, 'i32', 2);
    const sums = f.locals('v128', Math.ceil(channels / 4));
    countDown(f, runs, () => {
      f.get(x).get(table).memory('i32Load').op('i32Add').set(pointer);
      f.get(length).set(k);
      countDown(f, k, () => {
        for (const [j, sum] of sums.entries()) {
          const count = Math.min(4, channels - 4 * j);
          f.get(sum);
          loadFloats(f, pointer, count, 16 * j);
          loadFloats(f, dy, count, 16 * j);
          f.op('f32x4Mul', 'f32x4Add').set(sum);
        }
        advanceBy(f, pointer, xStride);
        advanceBy(f, dy, yStride);
      });
      advance(f, table, 4);
    });
    storeRow(f, dw, sums, channels, add);
  },
}));

/** `DepthwiseConv2dNativeBackpropFilter` with a multiplier of 1, dw [KH, KW, I, 1]; dilated or not. */
export function depthwiseFilterGradient(
  heap: Heap,
  x: TensorInfo,
  dy: TensorInfo,
  dw: TensorInfo,
  info: ConvInfo,
): void {
  const { outWidth, inChannels, filterHeight, filterWidth } = info;
  const padded = paddedImages(info);
  const runs = info.batchSize * info.outHeight;
  const runsAtATime = Math.max(1, Math.floor(pixelsAtATime / outWidth));
  withPadded(heap, x, info, (xs) => {
    heap.scratch(4 * runs, (table) => {
      fillRuns(heap.integers(table, runs), info);
      const [dys, dws] = [heap.address(dy), heap.address(dw)];
      for (let first = 0; first < runs; first += runsAtATime) {
        for (let channel = 0; channel < inChannels; channel += channelsAtATime) {
          const run = heap.kernel(tapGradient(Math.min(channelsAtATime, inChannels - channel)));
          for (let tap = 0; tap < filterHeight * filterWidth; tap++) {
            const [p, q] = [Math.floor(tap / filterWidth), tap % filterWidth];
            const offset = p * info.dilationHeight * padded.row + q * info.dilationWidth * padded.pixel;
            run(
              table + 4 * first,
              Math.min(runsAtATime, runs - first),
              outWidth,
              info.strideWidth * padded.pixel,
              padded.pixel,
              xs + offset + 4 * channel,
              dys + first * outWidth * padded.pixel + 4 * channel,
              dws + 4 * (tap * inChannels + channel),
              Number(first > 0),
            );
          }
        }
      }
    });
  });
}
