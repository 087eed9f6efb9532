import type { Activation } from '../../graph/activation.js';
import type { Kernel, Lowering } from '../../program/lowering.js';
import type { ChannelRange } from './nonzero-stream.js';
import { productKernel } from './write-product.js';

/**
 * The most input channels of a block. A tile's inputs stay in the first-level cache while the nonzeros stream by; all channels
 * at once are slower when they don't, by more than it takes to load and store the results once more.
 */
const blockChannels = 256;

/** Input channels in blocks of equal size. */
export function channelBlocks(channels: number): ChannelRange[] {
  const count = Math.ceil(channels / blockChannels);
  return Array.from({ length: count }, (_, index) => ({
    from: Math.floor((channels * index) / count),
    to: Math.floor((channels * (index + 1)) / count),
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
