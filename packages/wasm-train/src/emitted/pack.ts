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

/*
 * A panel is up to 8 columns of the right operand of a product, row after row: 8 floats a row, or 4 for up to 4 columns,
 * with zeros after the last column. So the kernels read it in order, and from the first level of cache.
 */

/** The most columns of a panel. */
export const panelWidth = 8;

/** The bytes of a panel. */
export function panelBytes(rows: number, width: number): number {
  return rows * 16 * Math.ceil(width / 4);
}

/** `(from, stride, rows, to)`: packs a panel; see the two kernels. */
export type Pack = (from: number, stride: number, rows: number, to: number) => void;

/** Packs `width` columns of a matrix whose rows are `stride` bytes apart; `from` is the first. */
export const packColumns: (width: number) => EmittedKernel<Pack> = family((width: number) => {
  return {
    parameters: 4,
    write: (f) => {
      const [from, stride, rows, to] = parametersOf(f, 4);
      const vectors = Math.ceil(width / 4);
      countDown(f, rows, () => {
        for (let j = 0; j < vectors; j++) {
          f.get(to);
          loadFloats(f, from, Math.min(4, width - 4 * j), 16 * j);
          f.memory('v128Store', 16 * j);
        }
        advanceBy(f, from, stride);
        advance(f, to, 16 * vectors);
      });
    },
  };
});

/** Packs `width` rows of a matrix, `stride` bytes apart, as columns: the panel has as many rows as they have floats. */
export const packRows: (width: number) => EmittedKernel<Pack> = family((width: number) => {
  return {
    parameters: 4,
    write: (f) => {
      const [from, stride, rows, to] = parametersOf(f, 4);
      const pointers = Array.from({ length: width }, () => f.local('i32'));
      const [next] = variables(f, 'i32', 1);
      const [values] = variables(f, 'v128', 1);
      f.get(from).set(next);
      for (const pointer of pointers) {
        f.get(next).set(pointer);
        advanceBy(f, next, stride);
      }
      const vectors = Math.ceil(width / 4);
      countDown(f, rows, () => {
        for (let j = 0; j < vectors; j++) {
          for (const [lane, pointer] of pointers.slice(4 * j, 4 * j + 4).entries()) {
            f.get(pointer);
            if (lane === 0) f.memory('v128Load32Zero');
            else f.get(values).laneMemory('v128Load32Lane', lane);
            f.set(values);
          }
          f.get(to)
            .get(values)
            .memory('v128Store', 16 * j);
        }
        for (const pointer of pointers) advance(f, pointer, 4);
        advance(f, to, 16 * vectors);
      });
    },
  };
});
