import {
  advanceBy,
  countDown,
  type EmittedKernel,
  family,
  loadFloats,
  parametersOf,
} from './emitted-kernel.js';
import type { Heap } from './heap.js';
import { storeRow } from './store-row.js';

/** Columns at a time, in registers. */
const columnsAtATime = 16;
/** Rows that are summed up by themselves: they stay in cache for all columns, and rounding errors stay small. */
const rowsAtATime = 256;

/** `(from, rows, stride, to, add)`: the sum of some columns over rows `stride` bytes apart. */
type SumColumns = (from: number, rows: number, stride: number, to: number, add: number) => void;

const sumColumns: (columns: number) => EmittedKernel<SumColumns> = family((columns: number) => ({
  parameters: 5,
  write: (f) => {
    const [from, rows, stride, to, add] = parametersOf(f, 5);
    const sums = f.locals('v128', Math.ceil(columns / 4));
    countDown(f, rows, () => {
      for (const [j, sum] of sums.entries()) {
        f.get(sum);
        loadFloats(f, from, Math.min(4, columns - 4 * j), 16 * j);
        f.op('f32x4Add').set(sum);
      }
      advanceBy(f, from, stride);
    });
    storeRow(f, to, sums, columns, add);
  },
}));

/** Writes the sum of the rows of a matrix [rows, columns]. */
export function sumRows(heap: Heap, from: number, rows: number, columns: number, to: number): void {
  for (let row = 0; row < rows; row += rowsAtATime) {
    const count = Math.min(rowsAtATime, rows - row);
    for (let column = 0; column < columns; column += columnsAtATime) {
      heap.kernel(sumColumns(Math.min(columnsAtATime, columns - column)))(
        from + 4 * (row * columns + column),
        count,
        4 * columns,
        to + 4 * column,
        Number(row > 0),
      );
    }
  }
}
