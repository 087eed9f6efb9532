import type { Local } from '@secateur/wasm-emit';
import type { Address } from '../program/address.js';
import type { Kernel, Lowering } from '../program/lowering.js';
import type { OpenCall } from './block-padding.js';

/**
 * Weights that a tile's kernel `(x, y, operand; from, to)` takes at once: some rows of channels. `operand`, `from` and `to` are
 * bytes from the addresses in `ChunkedWeights`, `y` bytes from the tile's first channel to that of the rows.
 */
export interface WeightChunk {
  readonly operand: number;
  readonly y: number;
  readonly from: number;
  readonly to: number;
}

/** All weights of a kind of tile. */
export interface ChunkedWeights {
  readonly operand: Address;
  readonly stream: Address;
  readonly chunks: readonly WeightChunk[];
  /** Whether the stream's offsets have 16 bits. */
  readonly isNarrow?: boolean;
}

/** A kernel of tiles, and how many of them there are in a row of outputs. */
export interface TileKernel {
  readonly kernel: Kernel;
  readonly count: number;
  /** Bytes from a tile's x, or y, to the next one's. */
  readonly xStep: number;
  readonly yStep: number;
}

/** Rows of tiles. Steps are bytes. */
export interface TileRows {
  readonly tiles: readonly TileKernel[];
  readonly count: number;
  readonly xStep: number;
  readonly yStep: number;
  readonly perImage: number;
  /** Bytes from the end of an image's last row to the next image, beyond steps. */
  readonly xGap: number;
  readonly yGap: number;
}

const tableEntry = 16;

/**
 * The call that computes rows of tiles, which lacks x. Chunks of weights are its outer loop, so that a chunk stays in the cache.
 * Its units, which threads share, are the rows, or the chunks.
 */
export function rowsCall(
  weights: ChunkedWeights,
  { tiles, count, xStep, yStep, perImage, xGap, yGap }: TileRows,
  shared: 'rows' | 'chunks',
  y: Address,
  lowering: Lowering,
): OpenCall & { readonly units: number } {
  const { chunks } = weights;
  const key = tiles.map((tile) => [tile.kernel.builder.index, tile.xStep, tile.yStep].join()).join(';');
  const kernel = lowering.kernel(`${shared} of tiles:${key}`, 12 + tiles.length, ({ f, args, from, to }) => {
    const [
      x,
      y,
      table,
      operandBase,
      streamBase,
      others,
      perImage,
      xStep,
      yStep,
      xGap,
      yGap,
      first,
      ...counts
    ] = args as readonly Local[] as [...Twelve, ...Local[]];
    const [at, row, image, xAt, yAt, left, operand, start, end] = f.locals('i32', 9) as Nine;
    const [chunkFrom, chunkTo, rowFrom, rowTo] =
      shared === 'rows' ? [first, others, from, to] : [from, to, first, others];
    f.block((done) => {
      f.get(from).get(to).op('i32GeU').brIf(done);
      f.loop((nextChunk) => {
        f.get(table).get(chunkFrom).i32Const(tableEntry).op('i32Mul', 'i32Add').set(at);
        f.get(operandBase).get(at).memory('i32Load').op('i32Add').set(operand);
        f.get(streamBase).get(at).memory('i32Load', 8).op('i32Add').set(start);
        f.get(streamBase).get(at).memory('i32Load', 12).op('i32Add').set(end);
        f.get(rowFrom).set(row);
        f.loop((nextRow) => {
          f.get(row).get(perImage).op('i32DivU').set(image);
          f.get(x).get(row).get(xStep).op('i32Mul', 'i32Add');
          f.get(image).get(xGap).op('i32Mul', 'i32Add').set(xAt);
          f.get(y).get(at).memory('i32Load', 4).op('i32Add').get(row).get(yStep).op('i32Mul', 'i32Add');
          f.get(image).get(yGap).op('i32Mul', 'i32Add').set(yAt);
          for (const [index, tile] of tiles.entries()) {
            f.get(counts[index] as Local).set(left);
            f.loop((nextTile) => {
              f.get(xAt).get(yAt).get(operand).get(start).get(end).call(tile.kernel.builder);
              f.get(xAt).i32Const(tile.xStep).op('i32Add').set(xAt);
              f.get(yAt).i32Const(tile.yStep).op('i32Add').set(yAt);
              f.get(left).i32Const(1).op('i32Sub').tee(left).brIf(nextTile);
            });
          }
          f.get(row).i32Const(1).op('i32Add').tee(row).get(rowTo).op('i32LtU').brIf(nextRow);
        });
        f.get(chunkFrom).i32Const(1).op('i32Add').tee(chunkFrom).get(chunkTo).op('i32LtU').brIf(nextChunk);
      });
    });
  });
  const table = lowering.constant(
    Int32Array.from(chunks.flatMap((chunk) => [chunk.operand, chunk.y, chunk.from, chunk.to])),
  );
  const [units, others] = shared === 'rows' ? [count, chunks.length] : [chunks.length, count];
  return {
    kernel,
    before: [],
    after: [
      ...[y, table, weights.operand, weights.stream, others],
      ...[perImage, xStep, yStep, xGap, yGap, 0],
      ...tiles.map((tile) => tile.count),
    ],
    units,
  };
}

type Twelve = [Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local];
type Nine = [Local, Local, Local, Local, Local, Local, Local, Local, Local];
