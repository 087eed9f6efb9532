import { channelSums, indexSums } from './channel-sums.js';
import type { ChannelCriterion } from './criterion.js';
import { type KernelOptions, kernelCriterion } from './kernel-criterion.js';

/**
 * The L1 norm of what makes a channel. In each kernel that makes it, with the sum over all weights of the kernel that belong
 * to the channel:
 *
 * `score = sum(|w|)`
 *
 * They are a column of a dense kernel, a filter of a convolution, the columns of all gates of a recurrent unit (the `kernel`
 * and the `recurrent_kernel` are two kernels). Biases don't count. Several kernels are combined by `combine`.
 *
 * H. Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017.
 *
 * @throws StructureError when `roles` is wrong.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { l1, planStructure } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 8, inputShape: [4], name: 'hidden' }), layers.dense({ units: 2, name: 'logits' })],
 * });
 * const plan = await planStructure(model, { target: { macs: 0.5 }, criterion: l1() });
 * console.log(plan.layers[0]?.remove.length); // 4
 * ```
 */
export function l1(options: KernelOptions = {}): ChannelCriterion {
  return kernelCriterion('l1', options, (values, member, count) =>
    channelSums(indexSums(values, member.shape, member.axis, Math.abs), member, count),
  );
}
