import { blockCost } from './block-cost.js';
import { packBlocks } from './block-packing.js';
import { lowerTiles, type TileShape, type TileWriter } from './block-plan.js';
import { blockTile } from './block-tile.js';
import type { ConvolutionKernel } from './convolution-kernel.js';

/** Blocks of eight output channels of one input: two vectors of weights times one broadcast activation. */
export const block8: ConvolutionKernel = blockKernel('8x1', 2);

/** Blocks of four output channels of one input. */
export const block4: ConvolutionKernel = blockKernel('4x1', 1);

/** Tiles whose sums, and what one block needs besides, fit into 16 registers. */
function blockShape(vectors: number): TileShape {
  return {
    vectors: () => vectors,
    positions: (vectors) => (vectors === 2 ? 4 : 7),
  };
}

function blockKernel(name: string, vectors: 1 | 2): ConvolutionKernel {
  const shape = blockShape(vectors);
  return {
    name,
    cost: (problem) => blockCost(problem, shape, vectors),
    lower(problem, x, y, lowering) {
      const writer: TileWriter = {
        ...shape,
        pack: (group, input, chunkSize) => packBlocks(problem, group, input, chunkSize, lowering),
        kernel: (tile, weights) => blockTile(tile, weights.isNarrow === true, lowering),
      };
      lowerTiles(problem, writer, x, y, lowering);
    },
  };
}
