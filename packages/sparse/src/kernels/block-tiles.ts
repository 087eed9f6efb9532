import type { Axis } from './block-layout.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** Output channels that one kind of tile computes, in rows of `vectors` x 4, of which the last may lack some. */
export interface ChannelGroup {
  readonly first: number;
  readonly end: number;
  readonly vectors: number;
  readonly rows: number;
}

/** Tiles of the same positions, along some axes. */
export interface TileRun {
  /** Bytes from a tile's first position to each. */
  readonly xOffsets: readonly number[];
  /** Bytes to the first tile's input, and its position. */
  readonly x: number;
  readonly y: number;
  /** How many tiles, the bytes from each to the next one's input, and the positions between. */
  readonly axes: readonly (readonly [count: number, x: number, y: number])[];
  readonly tiles: number;
}

/** Positions of a tile of some vectors. Its sums, and what one input needs besides, fit into 16 registers. */
const positionsOf = [0, 7, 4, 3, 2];

/** How many vectors of channels a tile has: those of a block, or without blocks, two, and four where positions are few. */
export function vectorsFor(
  { batch, outHeight, outWidth }: ConvolutionProblem,
  block: number | undefined,
): number {
  return block ?? (batch * outHeight * outWidth > 2 ? 2 : 4);
}

/** Splits output channels into rows of `vectors` x 4, and one with what is left. */
export function channelGroups(outChannels: number, vectors: number): readonly ChannelGroup[] {
  const whole = outChannels - (outChannels % (4 * vectors));
  return [
    { first: 0, end: whole, vectors, rows: whole / (4 * vectors) },
    { first: whole, end: outChannels, vectors: Math.ceil((outChannels - whole) / 4), rows: 1 },
  ].filter(({ first, end }) => first < end);
}

/**
 * Covers positions with tiles. Rows shorter than half a tile share one. A row that tiles don't divide has some one smaller: 4,
 * 4, 3, 3, rather than 4, 4, 4, 2.
 */
export function tileRuns(axes: readonly Axis[], vectors: number): readonly TileRun[] {
  const size = positionsOf[vectors] as number;
  const [columns, rows] = axes;
  const isShared = columns !== undefined && rows !== undefined && 2 * columns.count <= size;
  const { count: width, step } = isShared ? columns : { count: 1, step: 0 };
  const [split = { count: 1, step: 0 }, ...outer] = isShared ? axes.slice(1) : axes;
  const tiles = Math.ceil(split.count / Math.floor(size / width));
  const small = Math.floor(split.count / tiles);
  const larger = split.count % tiles;
  return [
    { length: small + 1, count: larger, start: 0 },
    { length: small, count: tiles - larger, start: larger * (small + 1) },
  ]
    .filter(({ count }) => count > 0)
    .map(({ length, count, start }) => {
      let y = width * split.count;
      const around = outer.map(({ count, step }) => {
        y *= count;
        return [count, step, y / count] as const;
      });
      return {
        xOffsets: Array.from({ length: length * width }, (_, at) => {
          return Math.floor(at / width) * split.step + (at % width) * step;
        }),
        x: start * split.step,
        y: start * width,
        axes: [[count, length * split.step, length * width], ...around],
        tiles: around.reduce((product, [outer]) => product * outer, count),
      };
    });
}
