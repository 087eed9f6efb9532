import {
  advance,
  advanceBy,
  countDown,
  type EmittedKernel,
  family,
  parametersOf,
  variables,
} from './emitted-kernel.js';
import { storeRow } from './store-row.js';

/** How many rows are multiplied at a time. */
export const rowsAtATime = 4;

/**
 * `(table, rows, a, c, panel, segments, length, gap, add)`: multiplies rows of a matrix by a panel.
 *
 * For each row r, the table has two integers: the bytes from `a` to the row and from `c` to its result. A row of a is
 * `segments` stretches of `length` floats with `gap` bytes between them. The panel has `width` columns; see pack.ts. The
 * products replace what is in c, or are added to it, row after row, so that rows of c may overlap. The table has entries
 * for a multiple of 4 rows.
 */
export type RowProducts = (
  table: number,
  rows: number,
  a: number,
  c: number,
  panel: number,
  segments: number,
  length: number,
  gap: number,
  add: number,
) => void;

/** The kernel for panels of 1 to 8 columns. */
export const rowProducts: (width: number) => EmittedKernel<RowProducts> = family((width: number) => {
  return {
    parameters: 9,
    write: (f) => {
      const [table, rows, a, c, panel, segments, length, gap, add] = parametersOf(f, 9);
      const vectors = Math.ceil(width / 4);
      const pointers = variables(f, 'i32', rowsAtATime);
      const [b, segment, k, to] = variables(f, 'i32', 4);
      const factor = f.local('v128');
      const columns = f.locals('v128', vectors);
      const sums = pointers.map(() => f.locals('v128', vectors));
      f.loop((nextRows) => {
        for (const [row, pointer] of pointers.entries()) {
          f.get(a)
            .get(table)
            .memory('i32Load', 8 * row)
            .op('i32Add')
            .set(pointer);
        }
        for (const sum of sums.flat()) f.v128Zero().set(sum);
        f.get(panel).set(b).get(segments).set(segment);
        countDown(f, segment, () => {
          f.get(length).set(k);
          countDown(f, k, () => {
            // One step a turn: V8 spills the sums of an unrolled loop.
            for (const [j, column] of columns.entries())
              f.get(b)
                .memory('v128Load', 16 * j)
                .set(column);
            for (const [row, pointer] of pointers.entries()) {
              f.get(pointer).memory('v128Load32Splat').set(factor);
              for (const [j, sum] of (sums[row] ?? []).entries()) {
                f.get(sum)
                  .get(factor)
                  .get(columns[j] ?? factor)
                  .op('f32x4Mul', 'f32x4Add')
                  .set(sum);
              }
              advance(f, pointer, 4);
            }
            advance(f, b, 16 * vectors);
          });
          for (const pointer of pointers) advanceBy(f, pointer, gap);
        });
        f.block((stored) => {
          for (const [row, sumsOfRow] of sums.entries()) {
            if (row > 0) f.get(rows).i32Const(row).op('i32LeU').brIf(stored);
            f.get(c)
              .get(table)
              .memory('i32Load', 8 * row + 4)
              .op('i32Add')
              .set(to);
            storeRow(f, to, sumsOfRow, width, add);
          }
        });
        advance(f, table, 8 * rowsAtATime);
        f.get(rows)
          .i32Const(rowsAtATime)
          .op('i32GtU')
          .if(() => {
            advance(f, rows, -rowsAtATime);
            f.br(nextRows);
          });
      });
    },
  };
});
