import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Kernel } from '../../program/lowering.js';

/** The most vectors of a tile: with their sums, a weight and the inputs of four they fill the registers. */
const mostVectors = 8;

/** The vectors in each tile, as equal as can be, the larger first. */
export function tilesOf(vectors: number): number[] {
  const [few, more] = [mostVectors, mostVectors - 1].map((most) => {
    const count = Math.ceil(vectors / most);
    return Array.from({ length: count }, (_, index) => Math.ceil((vectors - index) / count));
  }) as [number[], number[]];
  return cyclesOf(few) < cyclesOf(more) ? few : more;
}

/** The cycles per nonzero. */
function cyclesOf(tiles: readonly number[]): number {
  return tiles.reduce((sum, vectors) => sum + 0.57 * (1 + vectors), 0);
}

/** Tiles of positions in a row: the first `large` ones of so many vectors, the others with one less. */
export interface TileRow {
  readonly tiles: number;
  readonly vectors: number;
  readonly large: number;
}

export function tileRow(positions: number): TileRow {
  const tiles = tilesOf(Math.ceil(positions / 4));
  const vectors = tiles[0] ?? 1;
  return { tiles: tiles.length, vectors, large: tiles.filter((size) => size === vectors).length };
}

/** The vectors of the tiles, the larger first. */
export function tileSizes({ tiles, vectors, large }: TileRow): number[] {
  return large === tiles ? [vectors] : [vectors, vectors - 1];
}

/** Sets the first position of a tile and their count. */
export function emitTileRange(
  f: FunctionBuilder,
  vectors: number,
  locals: Record<'tile' | 'large' | 'positions' | 'first' | 'count', Local>,
): void {
  const { tile, large, positions, first, count } = locals;
  f.get(tile)
    .i32Const(4 * vectors)
    .op('i32Mul');
  f.get(tile).get(large).op('i32Sub').i32Const(2).op('i32Shl').i32Const(0);
  f.get(tile).get(large).op('i32GtU', 'select', 'i32Sub').set(first);
  f.i32Const(4 * vectors)
    .i32Const(4 * (vectors - 1))
    .get(tile)
    .get(large)
    .op('i32LtU', 'select')
    .set(count);
  f.get(count).get(positions).get(first).op('i32Sub');
  f.get(count).get(positions).get(first).op('i32Sub', 'i32LtU', 'select').set(count);
}

/** Calls the kernel of a tile's size. */
export function emitBySize(
  f: FunctionBuilder,
  { tile, large }: Record<'tile' | 'large', Local>,
  [ofLarge, ofSmall]: readonly Kernel[],
  pushArguments: () => FunctionBuilder,
): void {
  if (ofLarge === undefined) return;
  if (ofSmall === undefined) {
    pushArguments().call(ofLarge.builder);
    return;
  }
  f.block((done) => {
    f.get(tile)
      .get(large)
      .op('i32LtU')
      .if(() => {
        pushArguments().call(ofLarge.builder).br(done);
      });
    pushArguments().call(ofSmall.builder);
  });
}
