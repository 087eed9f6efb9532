import { columnProducts, columnTiles } from './column-products.js';
import type { Heap } from './heap.js';
import { packColumns, packRows, panelBytes, panelWidth } from './pack.js';
import { rowProducts, rowsAtATime } from './row-products.js';

/** A product of two matrices in the heap: c [left, right] = op(a) x op(b), all by address. */
export interface MatrixProduct {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly left: number;
  readonly shared: number;
  readonly right: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Of the shared axis, how much at a time: a panel is 16 kB then, half of a first-level cache. */
const sharedAtATime = 512;
/** The bytes of the left operand at a time: they stay in the second level of cache while all panels pass. */
const leftBytesAtATime = 2 ** 18;

/** Computes the product. Where the left operand is wide enough each value of the right one is packed once. */
export function multiplyMatrices(heap: Heap, product: MatrixProduct): void {
  const { shared, right } = product;
  const depth = Math.min(shared, sharedAtATime);
  heap.scratch(panelBytes(depth, panelWidth), (panel) => {
    for (let first = 0; first < shared; first += depth) {
      const rows = Math.min(depth, shared - first);
      const multiply = product.transposeA ? byColumns : byRows;
      multiply(heap, product, first, rows, (use) => {
        for (let column = 0; column < right; column += panelWidth) {
          const width = Math.min(panelWidth, right - column);
          pack(heap, product, first, rows, column, width, panel);
          use(panel, column, width);
        }
      });
    }
  });
}

/** Calls a function for every panel of the right operand. */
type EachPanel = (use: (panel: number, column: number, width: number) => void) => void;

function pack(
  heap: Heap,
  { b, shared, right, transposeB }: MatrixProduct,
  first: number,
  rows: number,
  column: number,
  width: number,
  to: number,
): void {
  if (transposeB) heap.kernel(packRows(width))(b + 4 * (column * shared + first), 4 * shared, rows, to);
  else heap.kernel(packColumns(width))(b + 4 * (first * right + column), 4 * right, rows, to);
}

function byRows(
  heap: Heap,
  { a, c, left, shared, right }: MatrixProduct,
  first: number,
  depth: number,
  eachPanel: EachPanel,
): void {
  const most = Math.max(128, Math.floor(leftBytesAtATime / (4 * depth)));
  const count = Math.min(left, most);
  heap.scratch(8 * (count + rowsAtATime), (table) => {
    const offsets = heap.integers(table, 2 * (count + rowsAtATime));
    for (let row = 0; row < count + rowsAtATime; row++) {
      offsets[2 * row] = 4 * shared * Math.min(row, count - 1);
      offsets[2 * row + 1] = 4 * right * row;
    }
    for (let row = 0; row < left; row += count) {
      // The table's entries after its last row repeat it; a smaller last group of rows reads other rows of a instead.
      const rows = Math.min(count, left - row);
      const from = Math.min(row, left - count);
      const skipped = row - from;
      eachPanel((panel, column, width) =>
        heap.kernel(rowProducts(width))(
          table + 8 * skipped,
          rows,
          a + 4 * (from * shared + first),
          c + 4 * (from * right + column),
          panel,
          1,
          depth,
          0,
          Number(first > 0),
        ),
      );
    }
  });
}

function byColumns(
  heap: Heap,
  { a, c, left, right }: MatrixProduct,
  first: number,
  depth: number,
  eachPanel: EachPanel,
): void {
  heap.scratch(4, (table) => {
    heap.integers(table, 1)[0] = 0;
    const { fours, rest } = columnTiles(left);
    eachPanel((panel, column, width) => {
      const multiply = (columns: number, count: number, from: number): void =>
        heap.kernel(columnProducts(columns, width))(
          count,
          table,
          1,
          depth,
          4 * left,
          a + 4 * (first * left + from),
          panel,
          c + 4 * (from * right + column),
          4 * right,
          Number(first > 0),
        );
      if (fours > 0) multiply(4, fours, 0);
      if (rest > 0) multiply(rest, 1, 4 * fours);
    });
  });
}
