import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { PoolWindows } from '../pool.js';
import {
  advance,
  advanceBy,
  countDown,
  type EmittedKernel,
  loadFloats,
  parametersOf,
  storeFloats,
  variables,
} from './emitted-kernel.js';
import type { Heap } from './heap.js';

/**
 * `(windows, height, width, channels, rowBytes, stepBytes, dy, dx, x)`: the gradient of windows side by side in one row
 * of an image, each `height` x `width` pixels, `stepBytes` after the one before. `dy` is at the first window's first
 * channel, `dx` and `x` at its first pixel's; `rowBytes` lie between rows of the image.
 */
type PoolGradient = (
  windows: number,
  height: number,
  width: number,
  channels: number,
  rowBytes: number,
  stepBytes: number,
  dy: number,
  dx: number,
  x: number,
) => void;

/** Adds dy to dx at the largest x of each window, the first of them in row-major order. */
export const maxPoolGradient: EmittedKernel<PoolGradient> = {
  name: 'maxPoolGradient',
  parameters: 9,
  write: (f) => {
    const [largest, value, where, here, one] = variables(f, 'v128', 5);
    f.i32Const(1).op('i32x4Splat').set(one);
    writeWindows(f, ({ dy, dx, x, eachPixel }, count) => {
      loadFloats(f, x, count);
      f.set(largest).v128Zero().set(where).v128Zero().set(here);
      eachPixel(x, () => {
        loadFloats(f, x, count);
        f.set(value);
        // Where the value is greater it and its place are taken over.
        f.get(here).get(where).get(value).get(largest).op('f32x4Gt', 'v128Bitselect').set(where);
        f.get(value).get(largest).get(value).get(largest).op('f32x4Gt', 'v128Bitselect').set(largest);
        f.get(here).get(one).op('i32x4Add').set(here);
      });
      loadFloats(f, dy, count);
      f.set(value).v128Zero().set(here);
      eachPixel(dx, () => {
        loadFloats(f, dx, count);
        f.get(value).get(here).get(where).op('i32x4Eq', 'v128And', 'f32x4Add').set(largest);
        storeFloats(f, dx, largest, count);
        f.get(here).get(one).op('i32x4Add').set(here);
      });
    });
  },
};

/** Adds dy / (height * width) to dx at each pixel of the windows. */
export const avgPoolGradient: EmittedKernel<PoolGradient> = {
  name: 'avgPoolGradient',
  parameters: 9,
  write: (f) => {
    const [, height, width] = parametersOf(f, 9);
    const [share, sum, size] = variables(f, 'v128', 3);
    f.get(height).get(width).op('i32Mul', 'f32ConvertI32S', 'f32x4Splat').set(size);
    writeWindows(f, ({ dy, dx, eachPixel }, count) => {
      loadFloats(f, dy, count);
      f.get(size).op('f32x4Div').set(share);
      eachPixel(dx, () => {
        loadFloats(f, dx, count);
        f.get(share).op('f32x4Add').set(sum);
        storeFloats(f, dx, sum, count);
      });
    });
  },
};

/** The addresses of what one turn works on: some channels of a window. */
interface Turn {
  readonly dy: Local;
  readonly dx: Local;
  readonly x: Local;
  /** Runs `body` for each pixel of the window, with `pointer` at its channels. */
  readonly eachPixel: (pointer: Local, body: () => void) => void;
}

/** Writes the loops over the windows and over their channels, four at a time and then one by one. */
function writeWindows(f: FunctionBuilder, body: (turn: Turn, count: number) => void): void {
  const [windows, height, width, channels, rowBytes, stepBytes, dy, dx, x] = parametersOf(f, 9);
  const [rest, row, column, channelBytes, firstDx, firstX, start] = variables(f, 'i32', 7);
  const eachPixel: Turn['eachPixel'] = (pointer, pixel) => {
    f.get(pointer).set(start).get(height).set(row);
    countDown(f, row, () => {
      f.get(width).set(column);
      countDown(f, column, () => {
        pixel();
        advanceBy(f, pointer, channelBytes);
      });
      f.get(pointer).get(rowBytes).op('i32Add');
      f.get(width).get(channelBytes).op('i32Mul', 'i32Sub').set(pointer);
    });
    f.get(start).set(pointer);
  };
  f.get(channels).i32Const(2).op('i32Shl').set(channelBytes);
  countDown(f, windows, () => {
    f.get(dx).set(firstDx).get(x).set(firstX);
    for (const count of [4, 1]) {
      f.get(channels);
      if (count === 4) f.i32Const(2).op('i32ShrU');
      else f.i32Const(3).op('i32And');
      f.set(rest);
      countDown(f, rest, () => {
        body({ dy, dx, x, eachPixel }, count);
        for (const pointer of [dy, dx, x]) advance(f, pointer, 4 * count);
      });
    }
    f.get(firstDx).get(stepBytes).op('i32Add').set(dx);
    f.get(firstX).get(stepBytes).op('i32Add').set(x);
  });
}

/** Runs such a kernel over the windows of a 2D pooling. Pixels outside of the image belong to no window. */
export function poolGradient(
  heap: Heap,
  kernel: EmittedKernel<PoolGradient>,
  { batch, channels, input, output, filter, stride, padding }: PoolWindows,
  addresses: { readonly dy: number; readonly dx: number; readonly x: number },
): void {
  const run = heap.kernel(kernel);
  const pixel = 4 * channels;
  const columns = groupsOfWindows(input[2], output[2], filter[2], stride[2], padding[2]);
  const rows = groupsOfWindows(input[1], output[1], filter[1], stride[1], padding[1]);
  for (let n = 0; n < batch; n++) {
    for (const row of rows) {
      for (let r = 0; r < row.windows; r++) {
        const y = row.first + r * stride[1];
        for (const column of columns) {
          const at = ((n * input[1] + y) * input[2] + column.first) * pixel;
          const out = ((n * output[1] + row.output + r) * output[2] + column.output) * pixel;
          run(
            column.windows,
            row.length,
            column.length,
            channels,
            input[2] * pixel,
            stride[2] * pixel,
            addresses.dy + out,
            addresses.dx + at,
            addresses.x + at,
          );
        }
      }
    }
  }
}

/** Windows along one axis that see equally many pixels, each a stride after the one before. */
interface WindowGroup {
  readonly output: number;
  readonly windows: number;
  /** The first pixel that the first of them sees, and how many each sees. */
  readonly first: number;
  readonly length: number;
}

function groupsOfWindows(
  input: number,
  output: number,
  filter: number,
  stride: number,
  padding: number,
): readonly WindowGroup[] {
  const groups: { output: number; windows: number; first: number; length: number }[] = [];
  for (let out = 0; out < output; out++) {
    const start = out * stride - padding;
    const first = Math.max(0, start);
    const length = Math.min(input, start + filter) - first;
    if (length <= 0) continue;
    const last = groups.at(-1);
    if (last?.length === length && first === last.first + last.windows * stride) last.windows++;
    else groups.push({ output: out, windows: 1, first, length });
  }
  return groups;
}
