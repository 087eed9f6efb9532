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

/** Columns are multiplied four at a time; a fifth goes with the last four rather than alone. */
export interface ColumnTiles {
  readonly fours: number;
  /** 0 to 5. */
  readonly rest: number;
}

/** Cuts columns into tiles. */
export function columnTiles(columns: number): ColumnTiles {
  const rest = columns > 4 && columns % 4 === 1 ? 5 : columns % 4;
  return { fours: (columns - rest) / 4, rest };
}

/**
 * `(tiles, table, runs, length, stride, a, panel, c, cStride, add)`: multiplies columns of a matrix, `columns` of them
 * per tile, by a panel: c[i, j] = sum over k of a[k, i] * panel[k, j].
 *
 * The rows k of a come in `runs` runs of `length` rows each, `stride` bytes from one to the next; the table has the
 * bytes from `a` to the first row of each run. The panel has `width` columns; see pack.ts. The products replace what is
 * in c, whose rows are `cStride` bytes apart, or are added to it.
 */
export type ColumnProducts = (
  tiles: number,
  table: number,
  runs: number,
  length: number,
  stride: number,
  a: number,
  panel: number,
  c: number,
  cStride: number,
  add: number,
) => void;

/** The kernel for tiles of 1 to 5 columns and panels of 1 to 8. */
export const columnProducts: (columns: number, width: number) => EmittedKernel<ColumnProducts> = family(
  (columns: number, width: number) => {
    return {
      parameters: 10,
      write: (f) => {
        const [tiles, table, runs, length, stride, a, panel, c, cStride, add] = parametersOf(f, 10);
        const vectors = Math.ceil(width / 4);
        const [b, pointer, run, entry, k] = variables(f, 'i32', 5);
        const factor = f.local('v128');
        const row = f.locals('v128', vectors);
        const sums = Array.from({ length: columns }, () => f.locals('v128', vectors));
        countDown(f, tiles, () => {
          for (const sum of sums.flat()) f.v128Zero().set(sum);
          f.get(panel).set(b).get(table).set(entry).get(runs).set(run);
          countDown(f, run, () => {
            f.get(a).get(entry).memory('i32Load').op('i32Add').set(pointer);
            f.get(length).set(k);
            countDown(f, k, () => {
              for (const [j, values] of row.entries())
                f.get(b)
                  .memory('v128Load', 16 * j)
                  .set(values);
              for (const [i, sumsOfColumn] of sums.entries()) {
                f.get(pointer)
                  .memory('v128Load32Splat', 4 * i)
                  .set(factor);
                for (const [j, sum] of sumsOfColumn.entries()) {
                  f.get(sum)
                    .get(factor)
                    .get(row[j] ?? factor)
                    .op('f32x4Mul', 'f32x4Add')
                    .set(sum);
                }
              }
              advanceBy(f, pointer, stride);
              advance(f, b, 16 * vectors);
            });
            advance(f, entry, 4);
          });
          for (const sumsOfColumn of sums) {
            storeRow(f, c, sumsOfColumn, width, add);
            advanceBy(f, c, cStride);
          }
          advance(f, a, 4 * columns);
        });
      },
    };
  },
);
