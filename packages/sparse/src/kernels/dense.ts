import type { Lowering } from '../program/lowering.js';
import type { BlockInput } from './block-input.js';
import type { ChunkedWeights, WeightChunk } from './block-loops.js';
import { type ChannelGroup, lowerTiles, type TileShape, type TileWriter } from './block-plan.js';
import type { ConvolutionKernel } from './convolution-kernel.js';
import type { ConvolutionProblem } from './convolution-problem.js';
import { denseCost } from './dense-cost.js';
import { denseTile, inputRuns } from './dense-tile.js';

/** Bytes of weights that are taken at once: parts that threads share, or what the second-level cache keeps. */
const chunkBytes = { small: 16 * 1024, large: 256 * 1024 } as const;

/** Tiles whose sums, and what one input needs besides, fit into 16 registers. */
const denseShape: TileShape = {
  vectors: (positions) => (positions <= 2 ? 4 : 2),
  positions: (vectors) => [7, 7, 4, 3, 2][vectors] ?? 1,
};

/** All weights, zeros too: no index to follow, and infinities times zero become NaN as they should. */
export const dense: ConvolutionKernel = {
  name: 'dense',
  cost: (problem) => denseCost(problem, denseShape),
  lower(problem, x, y, lowering) {
    const writer: TileWriter = {
      ...denseShape,
      pack: (group, input, chunkSize) => packDense(problem, group, input, chunkSize, lowering),
      kernel: (tile) => denseTile(tile, problem, lowering),
    };
    lowerTiles(problem, writer, x, y, lowering);
  },
};

/** Puts weights into a stream: of each row of channels the biases, the slopes of a prelu, and the weights of each input. */
function packDense(
  problem: ConvolutionProblem,
  group: ChannelGroup,
  input: BlockInput,
  chunkSize: 'small' | 'large',
  lowering: Lowering,
): ChunkedWeights {
  const { activation, bias, outChannels, weights } = problem;
  const size = 4 * group.vectors;
  const slopes = activation.kind === 'prelu' ? activation.slopes : undefined;
  const inputs = weights.values.length / outChannels;
  const rowFloats = size * (inputs + (slopes === undefined ? 1 : 2));
  const values = new Float32Array(group.rows * rowFloats);
  const chunks: WeightChunk[] = [];
  const rowsPerChunk = Math.max(1, Math.floor(chunkBytes[chunkSize] / (4 * rowFloats)));
  for (let row = 0; row < group.rows; row += 1) {
    const channel = group.first + row * size;
    const end = Math.min(channel + size, outChannels);
    let at = row * rowFloats;
    if (row % rowsPerChunk === 0) {
      const to = Math.min(group.rows, row + rowsPerChunk) * rowFloats;
      chunks.push({ operand: 0, y: 4 * row * size, from: 4 * at, to: 4 * to });
    }
    if (bias !== undefined) values.set(bias.subarray(channel, end), at);
    at += size;
    if (slopes !== undefined) {
      values.set(slopes.subarray(channel, end), at);
      at += size;
    }
    for (let first = 0; first < weights.values.length; first += outChannels) {
      values.set(weights.values.subarray(first + channel, first + end), at);
      at += size;
    }
  }
  return { operand: lowering.constant(inputRuns(problem, input)), stream: lowering.constant(values), chunks };
}
