import type { Activation } from '../../graph/activation.js';
import type { Kernel, Lowering } from '../../program/lowering.js';
import type { ConvolutionProblem } from '../convolution-problem.js';
import type { ChannelRange } from './nonzero-stream.js';
import { productKernel } from './write-product.js';

/**
 * The most bytes of a tile's inputs in a block of input channels. They stay in the first-level cache while the nonzeros stream
 * by; all channels at once are slower when they don't, by more than it takes to load and store the results once more.
 */
const blockBytes = 28 * 1024;
/** The fewest nonzeros of an output channel in a block, on average. */
const fewestNonzeros = 16;

/** Input channels in blocks of equal size. `bytes` is what a tile reads of one of them. */
export function channelBlocks(
  { inChannels, outChannels, weights }: ConvolutionProblem,
  bytes: number,
): ChannelRange[] {
  const wanted = Math.ceil((inChannels * bytes) / blockBytes);
  const most = Math.floor(weights.nonZeros / outChannels / fewestNonzeros);
  const count = Math.max(1, Math.min(wanted, most));
  return Array.from({ length: count }, (_, index) => ({
    from: Math.floor((inChannels * index) / count),
    to: Math.floor((inChannels * (index + 1)) / count),
  }));
}

/** The product kernels of each block, for tiles of certain sizes. */
export function blockProducts(
  lowering: Lowering,
  blocks: number,
  sizes: readonly number[],
  activation: Activation,
): Kernel[][] {
  return Array.from({ length: blocks }, (_, index) => {
    const part = { isFirst: index === 0, isLast: index === blocks - 1 };
    return sizes.map((size) => productKernel(lowering, size, activation, part));
  });
}

/** What code that calls kernels depends on, for its key. */
export function productsKey(products: readonly (readonly Kernel[])[]): string {
  return products.map((sizes) => sizes.map(({ builder }) => builder.index).join()).join(';');
}
