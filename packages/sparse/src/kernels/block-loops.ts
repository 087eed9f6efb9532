import type { Local } from '@secateur/wasm-emit';
import type { Address } from '../program/address.js';
import { later } from '../program/address.js';
import type { Kernel, Lowering } from '../program/lowering.js';

/**
 * Weights that a tile's kernel `(x, y, operand; from, to)` takes at once: rows of channels. `operand` and the range are bytes
 * from the bases in `ChunkedWeights`, `y` bytes from the tile's first channel to that of the rows.
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

/** A kernel of tiles of some positions, and how many of them there are in a row of outputs. */
export interface TileKernel {
  readonly kernel: Kernel;
  readonly count: number;
  /** Bytes from a tile's x, or y, to the next one's. */
  readonly xStep: number;
  readonly yStep: number;
}

/** Rows of outputs. Sizes are bytes. */
export interface OutputRows {
  readonly count: number;
  readonly perImage: number;
  readonly xStep: number;
  readonly yStep: number;
  /** Bytes from an image to the next one. */
  readonly xImage: number;
}

const chunkBytes = 16;

/** Adds a step over rows of outputs. Chunks of weights are its outer loop, so that a chunk stays in the cache. */
export function lowerOverRows(
  weights: ChunkedWeights,
  tiles: readonly TileKernel[],
  rows: OutputRows,
  x: Address,
  y: Address,
  lowering: Lowering,
): void {
  const table = lowering.constant(chunkTable(weights));
  const key = `rows of tiles:${tiles.map(({ kernel, xStep, yStep }) => [kernel.builder.index, xStep, yStep]).join(';')}`;
  const kernel = lowering.kernel(key, 10 + tiles.length, ({ f, args, from, to }) => {
    const [x, y, table, tableEnd, operandBase, streamBase, perImage, xRow, yRow, xImageRest, ...counts] =
      args as readonly Local[] as [
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
        ...Local[],
      ];
    const [row, xAt, yAt, count, operand, start, end] = f.locals('i32', 7) as LoopLocals;
    f.block((done) => {
      f.get(from).get(to).op('i32GeU').brIf(done);
      f.loop((nextChunk) => {
        f.get(operandBase).get(table).memory('i32Load').op('i32Add').set(operand);
        f.get(streamBase).get(table).memory('i32Load', 8).op('i32Add').set(start);
        f.get(streamBase).get(table).memory('i32Load', 12).op('i32Add').set(end);
        f.get(from).set(row);
        f.loop((nextRow) => {
          f.get(x).get(row).get(xRow).op('i32Mul', 'i32Add');
          f.get(row).get(perImage).op('i32DivU').get(xImageRest).op('i32Mul', 'i32Add').set(xAt);
          f.get(y)
            .get(table)
            .memory('i32Load', 4)
            .op('i32Add')
            .get(row)
            .get(yRow)
            .op('i32Mul', 'i32Add')
            .set(yAt);
          tiles.forEach(({ kernel, xStep, yStep }, index) => {
            f.get(counts[index] as Local).set(count);
            f.loop((nextTile) => {
              f.get(xAt).get(yAt).get(operand).get(start).get(end).call(kernel.builder);
              f.get(xAt).i32Const(xStep).op('i32Add').set(xAt);
              f.get(yAt).i32Const(yStep).op('i32Add').set(yAt);
              f.get(count).i32Const(1).op('i32Sub').tee(count).brIf(nextTile);
            });
          });
          f.get(row).i32Const(1).op('i32Add').tee(row).get(to).op('i32LtU').brIf(nextRow);
        });
        f.get(table).i32Const(chunkBytes).op('i32Add').tee(table).get(tableEnd).op('i32LtU').brIf(nextChunk);
      });
    });
  });
  lowering.step(
    kernel,
    [
      ...[x, y, table, later(table, chunkBytes * weights.chunks.length), weights.operand, weights.stream],
      ...[rows.perImage, rows.xStep, rows.yStep, rows.xImage - rows.perImage * rows.xStep],
      ...tiles.map(({ count }) => count),
    ],
    rows.count,
  );
}

type LoopLocals = [Local, Local, Local, Local, Local, Local, Local];

/** Adds a step over chunks of weights, for one tile of positions. */
export function lowerOverChunks(
  weights: ChunkedWeights,
  { kernel: tile }: Pick<TileKernel, 'kernel'>,
  x: Address,
  y: Address,
  lowering: Lowering,
): void {
  const table = lowering.constant(chunkTable(weights));
  const kernel = lowering.kernel(`chunks of a tile:${tile.builder.index}`, 5, ({ f, args, from, to }) => {
    const [x, y, table, operandBase, streamBase] = args as readonly Local[] as [
      Local,
      Local,
      Local,
      Local,
      Local,
    ];
    const at = f.local('i32');
    f.block((done) => {
      f.get(from).get(to).op('i32GeU').brIf(done);
      f.loop((next) => {
        f.get(table).get(from).i32Const(chunkBytes).op('i32Mul', 'i32Add').set(at);
        f.get(x).get(y).get(at).memory('i32Load', 4).op('i32Add');
        f.get(operandBase).get(at).memory('i32Load').op('i32Add');
        f.get(streamBase).get(at).memory('i32Load', 8).op('i32Add');
        f.get(streamBase).get(at).memory('i32Load', 12).op('i32Add');
        f.call(tile.builder);
        f.get(from).i32Const(1).op('i32Add').tee(from).get(to).op('i32LtU').brIf(next);
      });
    });
  });
  lowering.step(kernel, [x, y, table, weights.operand, weights.stream], weights.chunks.length);
}

function chunkTable({ chunks }: ChunkedWeights): Int32Array {
  return Int32Array.from(chunks.flatMap(({ operand, y, from, to }) => [operand, y, from, to]));
}
