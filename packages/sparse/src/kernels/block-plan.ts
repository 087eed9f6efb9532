import type { Address } from '../program/address.js';
import { later } from '../program/address.js';
import type { Kernel, Lowering } from '../program/lowering.js';
import { largeCopy, lowerByBands } from './block-bands.js';
import { type BlockInput, blockInput, firstInput } from './block-input.js';
import { type ChunkedWeights, rowsCall, type TileKernel, type TileRows } from './block-loops.js';
import { paddedCopy } from './block-padding.js';
import { type Positions, positionsOf } from './block-positions.js';
import type { RegisterTile } from './block-tile-code.js';
import { splitIntoTiles } from './block-tiles.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** Output channels that one kind of tile computes: rows of `vectors` x 4 channels, of which the last may lack some. */
export interface ChannelGroup {
  readonly first: number;
  readonly rows: number;
  readonly vectors: number;
  readonly lanes: RegisterTile['lanes'];
}

/** Which tiles a kernel works with. */
export interface TileShape {
  /** How many vectors of channels a tile has at most, given how many positions there are. */
  vectors(positions: number): number;
  /** How many positions a tile of some vectors has where there are many. */
  positions(vectors: number): number;
}

/** How a kernel computes tiles. */
export interface TileWriter extends TileShape {
  /** Puts a group's weights in the order in which tiles take them, in small chunks or in large ones. */
  pack(group: ChannelGroup, input: BlockInput, size: 'small' | 'large'): ChunkedWeights;
  /** The kernel `(x, y, operand; from, to)` that computes rows of channels of one tile. */
  kernel(tile: RegisterTile, weights: ChunkedWeights): Kernel;
}

/** How many accumulators each output has in a tile of 1, 2 or 3 vectors of them; one in larger tiles. */
const setsOf: readonly RegisterTile['sets'][] = [1, 4, 2, 2];

/** With fewer rows of tiles than this, threads share the channels instead, and weights pass only once. */
const fewRows = 8;

/** Adds the steps of a convolution by tiles. */
export function lowerTiles(
  problem: ConvolutionProblem,
  writer: TileWriter,
  x: Address,
  y: Address,
  lowering: Lowering,
): void {
  const { batch, outHeight, inChannels, outChannels, activation } = problem;
  const input = blockInput(problem);
  const positions = positionsOf(problem, input);
  const total = positions.columns.count * positions.rows.count * positions.images.count;
  const calls = channelGroups(outChannels, writer.vectors(total)).flatMap((group) => {
    const { vectors, lanes } = group;
    const bands = bandsOf(positions, writer.positions(vectors), 4 * outChannels);
    const shared = bands.reduce((sum, band) => sum + band.rows, 0) < fewRows ? 'chunks' : 'rows';
    const weights = writer.pack(group, input, shared === 'chunks' ? 'small' : 'large');
    return bands.map((band) => {
      const tiles = band.tiles.map(({ xOffsets, count, xStep, yStep }): TileKernel => {
        const sets = setsOf[xOffsets.length * vectors] ?? 1;
        const yStride = xOffsets.length === 1 ? 0 : 4 * outChannels;
        const tile: RegisterTile = { xOffsets, vectors, lanes, sets, yStride, activation };
        return { kernel: writer.kernel(tile, weights), count, xStep, yStep };
      });
      const target = later(y, band.y + 4 * group.first);
      return {
        band,
        shared,
        ...rowsCall(weights, { ...band, tiles, count: band.rows }, shared, target, lowering),
      };
    });
  });
  if (!input.isCopied) {
    addSteps(firstInput(problem, x));
    return;
  }
  const copy = paddedCopy(problem, input, x, lowering);
  const copyBytes = batch * input.height * input.width * 4 * inChannels;
  const isByRows = calls.every(
    ({ band, shared }) => shared === 'rows' && band.perImage === outHeight && band.rows === batch * outHeight,
  );
  if (copyBytes > largeCopy && isByRows) {
    lowerByBands(problem, input, copy, calls, lowering);
    return;
  }
  const target = lowering.temporary(copyBytes);
  lowering.step(copy.kernel, [...copy.before, target, ...copy.after], batch * input.height);
  addSteps(target);

  function addSteps(first: Address): void {
    for (const { kernel, band, after, units } of calls) {
      lowering.step(kernel, [later(first, band.x), ...after], units);
    }
  }
}

/** Splits output channels into rows of `vectors` x 4, and one with what is left. */
export function channelGroups(outChannels: number, vectors: number): readonly ChannelGroup[] {
  const rows = Math.floor(outChannels / (4 * vectors));
  const first = rows * 4 * vectors;
  const left = outChannels - first;
  const whole: ChannelGroup = { first: 0, rows, vectors, lanes: 4 };
  const rest: ChannelGroup = {
    first,
    rows: 1,
    vectors: Math.ceil(left / 4),
    lanes: (((left - 1) % 4) + 1) as RegisterTile['lanes'],
  };
  return [...(rows > 0 ? [whole] : []), ...(left > 0 ? [rest] : [])];
}

/** Rows of tiles that begin some bytes from the first position's x and y. */
interface Band extends Omit<TileRows, 'tiles' | 'count'> {
  readonly x: number;
  readonly y: number;
  readonly rows: number;
  readonly tiles: readonly {
    /** Bytes from the tile's first position to each. */
    readonly xOffsets: readonly number[];
    readonly count: number;
    readonly xStep: number;
    readonly yStep: number;
  }[];
}

/** Covers positions with tiles of up to `size`. `pixel` is the bytes of y at each. */
export function bandsOf({ columns, rows, images }: Positions, size: number, pixel: number): readonly Band[] {
  const image = rows.count * columns.count;
  if (rows.count > 1 && 2 * columns.count <= size) {
    // Tiles of several short rows each, and one of those that are left.
    const height = Math.min(rows.count, Math.floor(size / columns.count));
    const whole = Math.floor(rows.count / height);
    const left = rows.count % height;
    return [...[shortRows(0, whole, height)], ...(left > 0 ? [shortRows(whole * height, 1, left)] : [])];
  }
  const runs = splitIntoTiles(columns.count, size).map((run) => ({
    ...{ start: run.start, count: run.count, xStep: run.size * columns.step, yStep: run.size * pixel },
    xOffsets: Array.from({ length: run.size }, (_, column) => column * columns.step),
  }));
  if (rows.count === 1 && images.count === 1 && columns.count >= fewRows * size) {
    // A single long row: its tiles are what threads share.
    return runs.map((run) => ({
      ...{ x: run.start * columns.step, y: run.start * pixel, rows: run.count, perImage: run.count },
      ...{ xStep: run.xStep, yStep: run.yStep, xGap: 0, yGap: 0, tiles: [{ ...run, count: 1 }] },
    }));
  }
  return [
    {
      ...{ x: 0, y: 0, rows: rows.count * images.count, perImage: rows.count },
      ...{ xStep: rows.step, yStep: columns.count * pixel, tiles: runs },
      ...{ xGap: images.step - rows.count * rows.step, yGap: 0 },
    },
  ];

  function shortRows(start: number, count: number, height: number): Band {
    const xOffsets = Array.from({ length: height * columns.count }, (_, position) => {
      return Math.floor(position / columns.count) * rows.step + (position % columns.count) * columns.step;
    });
    const [xStep, yStep] = [height * rows.step, height * columns.count * pixel];
    return {
      ...{
        x: start * rows.step,
        y: start * columns.count * pixel,
        rows: count * images.count,
        perImage: count,
      },
      ...{ xStep, yStep, tiles: [{ xOffsets, count: 1, xStep, yStep }] },
      ...{ xGap: images.step - count * xStep, yGap: image * pixel - count * yStep },
    };
  }
}
