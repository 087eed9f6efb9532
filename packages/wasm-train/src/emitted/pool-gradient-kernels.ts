import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import {
  advance,
  advanceBy,
  countDown,
  type EmittedKernel,
  family,
  loadFloats,
  parametersOf,
  storeFloats,
  variables,
} from './emitted-kernel.js';

/**
 * `(windows, channels, rowBytes, stepBytes, dy, dx, x)`: the gradient of windows side by side in one row of an image,
 * each `stepBytes` after the one before. `dy` is at the first window's first channel, `dx` and `x` at its first pixel's;
 * `rowBytes` lie between rows of the image.
 */
type PoolGradient = (
  windows: number,
  channels: number,
  rowBytes: number,
  stepBytes: number,
  dy: number,
  dx: number,
  x: number,
) => void;

/** Makes the kernel for windows of `height` x `width` pixels; `add` is for windows that may overlap. */
export type PoolGradientKernel = (height: number, width: number, add: 0 | 1) => EmittedKernel<PoolGradient>;

/** Puts dy into dx, or adds it, at the largest x of each window, the first of them in row-major order. */
export const maxPoolGradient: PoolGradientKernel = family((height: number, width: number, add: number) => ({
  parameters: 7,
  write: (f) => {
    const greater = f.locals('v128', height * width);
    const [largest, value, gradient, open] = variables(f, 'v128', 4);
    writeWindows(f, height, width, ({ dy, pixels }, count) => {
      for (const [k, { x }] of pixels.entries()) {
        loadFloats(f, x, count);
        f.set(value);
        if (k === 0) f.get(value).set(largest);
        f.get(value)
          .get(largest)
          .op('f32x4Gt')
          .set(greater[k] as Local);
        f.get(largest).get(value).op('f32x4Pmax').set(largest);
      }
      loadFloats(f, dy, count);
      f.set(gradient).v128Zero().op('v128Not').set(open);
      // The largest is the last that is greater than all before it, or else the first.
      for (const [k, { dx }] of [...pixels.entries()].reverse()) {
        if (k === 0) f.get(open).set(value);
        else
          f.get(greater[k] as Local)
            .get(open)
            .op('v128And')
            .tee(value)
            .get(open)
            .op('v128Xor')
            .set(open);
        f.get(gradient).get(value).op('v128And').set(value);
        store(f, dx, value, count, add);
      }
    });
  },
}));

/** Puts dy / (height * width) into dx, or adds it, at each pixel of the windows. */
export const avgPoolGradient: PoolGradientKernel = family((height: number, width: number, add: number) => ({
  parameters: 7,
  write: (f) => {
    const [share, sum, size] = variables(f, 'v128', 3);
    f.f32Const(height * width)
      .op('f32x4Splat')
      .set(size);
    writeWindows(f, height, width, ({ dy, pixels }, count) => {
      loadFloats(f, dy, count);
      f.get(size).op('f32x4Div').set(share);
      for (const { dx } of pixels) {
        f.get(share).set(sum);
        store(f, dx, sum, count, add);
      }
    });
  },
}));

function store(f: FunctionBuilder, to: Local, values: Local, count: number, add: number): void {
  if (add === 1) {
    loadFloats(f, to, count);
    f.get(values).op('f32x4Add').set(values);
  }
  storeFloats(f, to, values, count);
}

/** The addresses of what one turn works on: some channels of a window. */
interface Turn {
  readonly dy: Local;
  readonly pixels: readonly { readonly dx: Local; readonly x: Local }[];
}

/** Writes the loops over the windows and over their channels, four at a time and then one by one. */
function writeWindows(
  f: FunctionBuilder,
  height: number,
  width: number,
  body: (turn: Turn, count: number) => void,
): void {
  const [windows, channels, rowBytes, stepBytes, dy, dx, x] = parametersOf(f, 7);
  const [rest, channelBytes, toX] = variables(f, 'i32', 3);
  const rows = Array.from({ length: height }, () => f.locals('i32', width));
  const pixels = rows.flat();
  const other = f.locals('i32', pixels.length);
  f.get(channels).i32Const(2).op('i32Shl').set(channelBytes);
  f.get(x).get(dx).op('i32Sub').set(toX);
  countDown(f, windows, () => {
    for (const [r, row] of rows.entries()) {
      for (const [c, pixel] of row.entries()) {
        if (c > 0)
          f.get(row[c - 1] as Local)
            .get(channelBytes)
            .op('i32Add');
        else if (r > 0)
          f.get(rows[r - 1]?.[0] as Local)
            .get(rowBytes)
            .op('i32Add');
        else f.get(dx);
        f.set(pixel);
      }
    }
    for (const count of [4, 1]) {
      f.get(channels);
      if (count === 4) f.i32Const(2).op('i32ShrU');
      else f.i32Const(3).op('i32And');
      f.set(rest);
      countDown(f, rest, () => {
        for (const [k, pixel] of pixels.entries()) {
          f.get(pixel)
            .get(toX)
            .op('i32Add')
            .set(other[k] as Local);
        }
        body({ dy, pixels: pixels.map((pixel, k) => ({ dx: pixel, x: other[k] as Local })) }, count);
        for (const pointer of [dy, ...pixels]) advance(f, pointer, 4 * count);
      });
    }
    advanceBy(f, dx, stepBytes);
  });
}
