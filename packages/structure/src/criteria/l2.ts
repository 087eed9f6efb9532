import { channelSums, indexSums } from './channel-sums.js';
import type { ChannelCriterion } from './criterion.js';
import { type KernelOptions, kernelCriterion } from './kernel-criterion.js';

/**
 * The L2 norm of what makes a channel. In each kernel that makes it, with the sum over all weights of the kernel that belong
 * to the channel, before the root:
 *
 * `score = sqrt(sum(w^2))`
 *
 * Which weights these are is told at `l1`.
 *
 * Y. He et al., "Soft Filter Pruning for Accelerating Deep Convolutional Neural Networks", IJCAI 2018.
 *
 * @throws StructureError when `roles` is wrong.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { l2, planStructure } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 8, inputShape: [4], name: 'hidden' }), layers.dense({ units: 2, name: 'logits' })],
 * });
 * const plan = await planStructure(model, { target: { macs: 0.5 }, criterion: l2() });
 * console.log(plan.layers[0]?.remove.length); // 4
 * ```
 */
export function l2(options: KernelOptions = {}): ChannelCriterion {
  return kernelCriterion('l2', options, (values, member, count) =>
    channelSums(
      indexSums(values, member.shape, member.axis, (value) => value * value),
      member,
      count,
    ).map(Math.sqrt),
  );
}
