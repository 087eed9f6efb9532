import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { PoolWindows } from '../pool.js';
import type { Heap } from './heap.js';
import type { PoolGradientKernel } from './pool-gradient-kernels.js';

/**
 * Runs kernels of that kind over the windows of a 2D pooling, and writes all of dx. Pixels outside of the image belong to
 * no window.
 */
export function poolGradient(
  heap: Heap,
  kernelFor: PoolGradientKernel,
  { batch, channels, input, output, filter, stride, padding }: PoolWindows,
  { dy, dx, x }: { readonly dy: TensorInfo; readonly dx: TensorInfo; readonly x: TensorInfo },
): void {
  const eachPixelIsInOne = [1, 2].every(
    (axis) =>
      filter[axis] === stride[axis] &&
      padding[axis] === 0 &&
      (output[axis] as number) * (stride[axis] as number) === input[axis],
  );
  if (!eachPixelIsInOne) heap.clear(dx);
  const [dys, dxs, xs] = [heap.address(dy), heap.address(dx), heap.address(x)];
  const pixel = 4 * channels;
  for (const row of groupsOfWindows(input[1], output[1], filter[1], stride[1], padding[1])) {
    for (const column of groupsOfWindows(input[2], output[2], filter[2], stride[2], padding[2])) {
      const run = heap.kernel(kernelFor(row.length, column.length, eachPixelIsInOne ? 0 : 1));
      for (let n = 0; n < batch; n++) {
        for (let r = 0; r < row.windows; r++) {
          const y = n * input[1] + row.first + r * stride[1];
          const at = (y * input[2] + column.first) * pixel;
          const out = ((n * output[1] + row.output + r) * output[2] + column.output) * pixel;
          run(column.windows, channels, input[2] * pixel, stride[2] * pixel, dys + out, dxs + at, xs + at);
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
