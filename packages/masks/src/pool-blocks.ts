import type { Matrices } from './weight-axes.js';

const smallestNormal = 2 ** -126;

/** What a block is worth: the mean or the maximum of its weights' magnitudes. */
export type Pooling = 'avg' | 'max';

/** The size of a block in the axes of a matrix. */
interface BlockExtent {
  readonly height: number;
  readonly width: number;
}

/**
 * The worth of each block, by matrix, then from the top left, row by row.
 *
 * A mean is that of tfmot's `factorized_pool` to the bit: first down each column of the block, then along the row of
 * these means, each sum in order and each operation rounded to float32, with denormals flushed to zero.
 */
export function poolBlocks(
  values: Float32Array,
  { count, rows, columns }: Matrices,
  { height, width }: BlockExtent,
  pooling: Pooling,
): Float32Array {
  const across = Math.ceil(columns / width);
  const pooled = new Float32Array(count * Math.ceil(rows / height) * across);
  const line = new Float32Array(columns); // of one row of blocks, pooled down each column
  let next = 0;
  for (let matrix = 0; matrix < count; matrix++) {
    for (let top = 0; top < rows; top += height) {
      const bottom = Math.min(top + height, rows);
      line.fill(0);
      for (let row = top; row < bottom; row++) {
        accumulate(line, values, (matrix * rows + row) * columns, pooling);
      }
      for (let left = 0; left < columns; left += width) {
        const right = Math.min(left + width, columns);
        pooled[next++] = poolLine(line, left, right, pooling === 'avg' ? bottom - top : 0);
      }
    }
  }
  return pooled;
}

function accumulate(line: Float32Array, values: Float32Array, start: number, pooling: Pooling): void {
  for (let i = 0; i < line.length; i++) {
    const value = Math.abs(values[start + i] as number);
    const before = line[i] as number;
    line[i] = pooling === 'avg' ? before + flush(value) : Math.max(before, value);
  }
}

/** Pools from `left` to `right`. `height` is how many values each column sums up, or 0 for the maximum. */
function poolLine(line: Float32Array, left: number, right: number, height: number): number {
  let sum = 0;
  if (height === 0) {
    for (let i = left; i < right; i++) sum = Math.max(sum, line[i] as number);
    return sum;
  }
  for (let i = left; i < right; i++)
    sum = Math.fround(sum + flush(Math.fround((line[i] as number) / height)));
  return flush(Math.fround(sum / (right - left)));
}

function flush(magnitude: number): number {
  return magnitude < smallestNormal ? 0 : magnitude;
}
