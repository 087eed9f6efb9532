import type { Address } from '../program/address.js';
import { later } from '../program/address.js';
import type { Kernel, Lowering } from '../program/lowering.js';
import { type BlockInput, blockInput, lowerBlockInput } from './block-input.js';
import { type ChunkedWeights, lowerOverChunks, lowerOverRows, type TileKernel } from './block-loops.js';
import type { RegisterTile } from './block-rows.js';
import { splitIntoTiles } from './block-tiles.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** Output channels that one kind of tile computes: rows of `vectors` x 4 channels, of which the last may lack some. */
export interface ChannelGroup {
  readonly first: number;
  readonly rows: number;
  readonly vectors: number;
  readonly lanes: 1 | 2 | 3 | 4;
}

/** Splits output channels into rows of `vectors` x 4, and one with what is left. */
export function channelGroups(outChannels: number, vectors: number): readonly ChannelGroup[] {
  const rows = Math.floor(outChannels / (4 * vectors));
  const first = rows * 4 * vectors;
  const left = outChannels - first;
  return [
    ...(rows > 0 ? [{ first: 0, rows, vectors, lanes: 4 as const }] : []),
    ...(left > 0
      ? [{ first, rows: 1, vectors: Math.ceil(left / 4), lanes: (((left - 1) % 4) + 1) as 1 | 2 | 3 | 4 }]
      : []),
  ];
}

/** How a kernel computes groups of channels. */
export interface TileWriter {
  /** How many positions a tile of some vectors has where there are many. */
  positions(vectors: number): number;
  /** How many accumulators an output has in a tile of so many outputs. */
  sets(positions: number, vectors: number): number;
  /** Puts a group's weights in the order in which tiles take them. */
  pack(group: ChannelGroup, input: BlockInput, isOneTile: boolean): ChunkedWeights;
  /** The kernel `(x, y, operand; from, to)` that computes rows of channels of one tile. */
  kernel(tile: RegisterTile, weights: ChunkedWeights): Kernel;
}

/** At most so many positions are one tile, and threads share the channels instead. */
export const gemvPositions = 3;

/** Adds the steps of a convolution by tiles. */
export function lowerTiles(
  problem: ConvolutionProblem,
  groups: readonly ChannelGroup[],
  writer: TileWriter,
  x: Address,
  y: Address,
  lowering: Lowering,
): void {
  const { batch, outHeight, outWidth, outChannels, activation } = problem;
  const input = blockInput(problem);
  const first = lowerBlockInput(problem, input, x, lowering);
  const rowCount = batch * outHeight;
  for (const group of groups) {
    const target = later(y, 4 * group.first);
    const { vectors, lanes } = group;
    const isOneTile = rowCount === 1 && outWidth <= gemvPositions;
    const weights = writer.pack(group, input, isOneTile);
    if (isOneTile) {
      lowerOverChunks(weights, tileKernel(outWidth), first, target, lowering);
      continue;
    }
    const runs = splitIntoTiles(outWidth, writer.positions(vectors));
    const tiles = runs.map(({ size, count }) => ({ ...tileKernel(size), count }));
    if (rowCount > 1) {
      lowerOverRows(
        weights,
        tiles,
        {
          count: rowCount,
          perImage: outHeight,
          xStep: input.row,
          yStep: 4 * outWidth * outChannels,
          xImage: input.image,
        },
        first,
        target,
        lowering,
      );
      continue;
    }
    // Positions without rows: each tile is a row, so that threads can share them.
    tiles.forEach((tile, index) => {
      const start = runs[index]?.start ?? 0;
      lowerOverRows(
        weights,
        [{ ...tile, count: 1 }],
        { count: tile.count, perImage: tile.count, xStep: tile.xStep, yStep: tile.yStep, xImage: 0 },
        later(first, start * input.column),
        later(target, start * 4 * outChannels),
        lowering,
      );
    });

    function tileKernel(positions: number): Omit<TileKernel, 'count'> {
      const [xStep, yStep] = [positions * input.column, positions * 4 * outChannels];
      // The strides of one position don't matter, so that layers share code.
      const [xStride, yStride] = positions === 1 ? [0, 0] : [input.column, 4 * outChannels];
      const sets = writer.sets(positions, vectors);
      const tile: RegisterTile = { positions, vectors, lanes, sets, xStride, yStride, activation };
      return { kernel: writer.kernel(tile, weights), xStep, yStep };
    }
  }
}
