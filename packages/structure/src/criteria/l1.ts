import { channelSums, indexSums } from './channel-sums.js';
import type { ChannelCriterion } from './criterion.js';
import { checkedRoles, type KernelOptions, kernelMembers } from './kernel-members.js';

/**
 * The L1 norm of what makes a channel: the sum of the magnitudes of its weights in a kernel, for each kernel that makes it.
 *
 * `score[c] = sum(|w|)` over all weights of the kernel at the indices of channel c: a column of a dense kernel, a filter of
 * a convolution, the columns of all gates of a recurrent unit. Biases don't count.
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
 * const { layers: planned } = await planStructure(model, { target: { macs: 0.5 }, criterion: l1() });
 * console.log(planned[0]?.remove.length); // 4
 * ```
 */
export function l1(options: KernelOptions = {}): ChannelCriterion {
  const roles = checkedRoles(options);
  return {
    kind: 'l1',
    prepare:
      async ({ read }) =>
      (group) =>
        Promise.all(
          kernelMembers(group, roles).map(async (member) =>
            channelSums(
              indexSums(await read(member), member.shape, member.axis, Math.abs),
              member,
              group.group.channels,
            ),
          ),
        ),
  };
}
