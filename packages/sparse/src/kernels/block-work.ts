import { blockInput } from './block-input.js';
import { bandsOf, channelGroups, type TileShape } from './block-plan.js';
import { positionsOf } from './block-positions.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** Tiles of one kind in a convolution. */
interface TileWork {
  /** Outputs of a tile: positions x vectors of four channels. */
  readonly positions: number;
  readonly vectors: number;
  readonly tiles: number;
  /** Rows of channels that each of them has. */
  readonly rows: number;
}

/** What a convolution by tiles has to do. */
interface ConvolutionWork {
  readonly tiles: readonly TileWork[];
  /** Rows that are copied, with zeros around, and floats in them. */
  readonly copiedRows: number;
  readonly copiedFloats: number;
}

/** Counts the tiles of a convolution. */
export function workOf(problem: ConvolutionProblem, shape: TileShape): ConvolutionWork {
  const input = blockInput(problem);
  const positions = positionsOf(problem, input);
  const total = positions.columns.count * positions.rows.count * positions.images.count;
  const tiles = channelGroups(problem.outChannels, shape.vectors(total)).flatMap(({ vectors, rows }) =>
    bandsOf(positions, shape.positions(vectors), 0).flatMap((band) =>
      band.tiles.map((tile) => ({
        positions: tile.xOffsets.length,
        vectors,
        tiles: band.rows * tile.count,
        rows,
      })),
    ),
  );
  const copiedRows = input.isCopied ? problem.batch * input.height : 0;
  return { tiles, copiedRows, copiedFloats: copiedRows * input.width * problem.inChannels };
}
