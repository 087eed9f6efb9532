import { setBits, setPattern } from './bit-runs.js';
import { checkInteger, checkOneOf, refusal } from './checks.js';
import type { Granularity } from './granularity.js';
import { zerosMask } from './mask-making.js';
import { isKept } from './mask-reading.js';
import { type Pooling, poolBlocks } from './pool-blocks.js';
import { rankedStrategy } from './ranked-strategy.js';
import type { RankingOptions } from './ranking.js';
import type { MaskStrategy } from './strategy.js';
import { type Matrices, matricesOf } from './weight-axes.js';

/** Options of {@link block}. */
export interface BlockOptions extends RankingOptions {
  /** Size of a block: [input channels, output channels]. */
  readonly blockSize: readonly [rows: number, columns: number];
  /** What a block is worth: the mean (default) or the maximum of its weights' magnitudes. */
  readonly pooling?: Pooling;
}

/**
 * Prunes blocks of weights: tfmot's `block_size` and `block_pooling_type`, for every kind that has input and output
 * channels.
 *
 * The last two axes are cut into blocks of `blockSize` = [input channels, output channels] at each spatial position, from
 * the top left; blocks at the edges are smaller, and their mean is over the weights they have (tfmot misaligns them).
 * Of B blocks {@link keepCount}(B, sparsity) are kept, so for shapes that the block doesn't divide the sparsity of the
 * weights can differ a little.
 *
 * S. Narang et al., "Block-sparse recurrent neural networks", https://arxiv.org/abs/1711.02782
 *
 * @throws MaskError when an option is not allowed; its `masks` when a weight is malformed, of kind `other`, NaN or
 * infinite.
 *
 * @example
 * ```ts
 * import { block, unpackMask } from '@secateur/masks';
 *
 * const values = Float32Array.of(1, 1, 0, 9, 1, 1, 0, 0);
 * for (const mask of block({ blockSize: [2, 2] }).masks([{ name: 'w', kind: 'dense', shape: [2, 4], values }], 0.5)) {
 *   console.log(unpackMask(mask).join()); // 0,0,1,1,0,0,1,1
 * }
 * ```
 */
export function block(options: BlockOptions): MaskStrategy {
  const { blockSize, pooling = 'avg', ...ranking } = options;
  if (!Array.isArray(blockSize) || blockSize.length !== 2) {
    throw refusal('blockSize', blockSize, 'two integers of at least 1');
  }
  const [rows, columns] = blockSize;
  checkInteger('blockSize[0]', rows, 1);
  checkInteger('blockSize[1]', columns, 1);
  checkOneOf('pooling', pooling, ['avg', 'max']);
  const config = { kind: 'block', blockSize: [rows, columns], pooling };
  return rankedStrategy(blocks(rows, columns, pooling), { ...ranking, config });
}

/** Blocks of [inputs, outputs] channels. */
function blocks(inputs: number, outputs: number, pooling: Pooling): Granularity {
  const sizeIn = ({ input }: Matrices) =>
    input === 'rows' ? { height: inputs, width: outputs } : { height: outputs, width: inputs };
  return {
    scores: (weight) => {
      const matrices = matricesOf(weight);
      return poolBlocks(weight.values, matrices, sizeIn(matrices), pooling);
    },
    expand: (groups, weight) => {
      const matrices = matricesOf(weight);
      const { count, rows, columns } = matrices;
      const { height, width } = sizeIn(matrices);
      const mask = zerosMask(weight.values.length);
      let group = 0;
      for (let matrix = 0; matrix < count; matrix++) {
        for (let top = 0; top < rows; top += height) {
          const pattern = zerosMask(columns).words; // of one row of weights
          for (let left = 0; left < columns; left += width) {
            if (isKept(groups, group++)) setBits(pattern, left, Math.min(left + width, columns));
          }
          const bottom = Math.min(top + height, rows);
          for (let row = top; row < bottom; row++) {
            setPattern(mask.words, (matrix * rows + row) * columns, pattern, columns);
          }
        }
      }
      return mask;
    },
  };
}
