import {
  advanceBy,
  countDown,
  type EmittedKernel,
  family,
  loadFloats,
  parametersOf,
  storeFloats,
  variables,
} from './emitted-kernel.js';
import type { Heap } from './heap.js';

/** Columns at a time, in registers. */
const columnsAtATime = 16;
/** Rows at a time: they stay in cache for all columns. */
const rowsAtATime = 128;

/** `(row, rows, stride, from, to)`: adds some columns of a row to each of several, `stride` bytes apart. */
type AddColumns = (row: number, rows: number, stride: number, from: number, to: number) => void;

const addColumns: (columns: number) => EmittedKernel<AddColumns> = family((columns: number) => ({
  parameters: 5,
  write: (f) => {
    const [row, rows, stride, from, to] = parametersOf(f, 5);
    const [sum] = variables(f, 'v128', 1);
    const terms = f.locals('v128', Math.ceil(columns / 4));
    const counts = terms.map((_, j) => Math.min(4, columns - 4 * j));
    for (const [j, term] of terms.entries()) {
      loadFloats(f, row, counts[j] ?? 0, 16 * j);
      f.set(term);
    }
    countDown(f, rows, () => {
      for (const [j, term] of terms.entries()) {
        loadFloats(f, from, counts[j] ?? 0, 16 * j);
        f.get(term).op('f32x4Add').set(sum);
        storeFloats(f, to, sum, counts[j] ?? 0, 16 * j);
      }
      advanceBy(f, from, stride);
      advanceBy(f, to, stride);
    });
  },
}));

/** Writes a matrix [rows, columns] plus a row, all by address. */
export function addRow(
  heap: Heap,
  matrix: number,
  row: number,
  sums: number,
  rows: number,
  columns: number,
): void {
  for (let first = 0; first < rows; first += rowsAtATime) {
    const count = Math.min(rowsAtATime, rows - first);
    for (let column = 0; column < columns; column += columnsAtATime) {
      const at = 4 * (first * columns + column);
      const add = heap.kernel(addColumns(Math.min(columnsAtATime, columns - column)));
      add(row + 4 * column, count, 4 * columns, matrix + at, sums + at);
    }
  }
}
