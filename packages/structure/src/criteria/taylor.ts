import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { channelSums, indexSums } from './channel-sums.js';
import type { ChannelCriterion, ScoredGroup } from './criterion.js';
import {
  type CheckedTaylorOptions,
  checkedOptions,
  lossesFor,
  type TaylorOptions,
} from './taylor-options.js';
import { type TaylorPart, taylorParts } from './taylor-parts.js';
import { gradientsTimesWeights, type Loss } from './weight-gradients.js';

/**
 * How much the loss changes, to first order, when a channel is gone. For a batch of examples, with g the gradient of the mean
 * loss by a weight w, and the model in inference mode:
 *
 * `score = sum(g * w)^2`, or `|sum(g * w)|` with `size: 'abs'`
 *
 * averaged over the batches. With `weights: 'writers'` there is a sum for each layer that makes the channel (kernels and
 * biases, of all gates of a recurrent unit) or scales it (gamma and beta of a batch norm, kernel and bias of a depthwise
 * convolution); they are combined by `combine`. With `weights: 'readers'` there is one sum, over all weights that read the
 * channel: the change when they are set to zero, which is what removing it does (what reads it without weights, as Dot does, is
 * not seen). A channel that has none of the one kind, as a feature of the model's input has no writers, goes by the other.
 *
 * The backend needs the gradient kernels of the model's layers: tfjs's wasm backend has some of them only from
 * `@secateur/wasm-train`.
 *
 * P. Molchanov et al., "Importance Estimation for Neural Network Pruning", CVPR 2019.
 *
 * @throws StructureError when an option is wrong; when scoring, if `x`, `y` or `loss` doesn't fit the model, or the gradients
 * are not finite.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { losses, tensor2d } from '@tensorflow/tfjs-core';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { planStructure, taylor } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 4, inputShape: [2], name: 'hidden' }), layers.dense({ units: 1, name: 'price' })],
 * });
 * const x = tensor2d([[0, 1], [1, 0], [1, 1]]);
 * const y = tensor2d([[1], [2], [3]]);
 * const criterion = taylor({ x, y, loss: losses.meanSquaredError });
 * const plan = await planStructure(model, { target: { channels: 0.5 }, criterion });
 * console.log(plan.layers[0]?.remove.length); // 2
 * ```
 */
export function taylor(options: TaylorOptions): ChannelCriterion {
  const checked = checkedOptions(options);
  return {
    kind: 'taylor',
    prepare: async ({ model, groups, read }) => {
      const losses = lossesFor(model, checked);
      const parts = new Map(groups.map((scored) => [scored, taylorParts(scored, checked.weights)]));
      // A weight that is not finite is reported as such, not as a gradient.
      await Promise.all([...parts.values()].flat(2).map(read));
      const scores = await averageScores(model, parts, { ...checked, losses });
      return async (scored) => scores.get(scored) ?? [];
    },
  };
}

/** For each group the scores by its parts, averaged over the batches. */
async function averageScores(
  model: LayersModel,
  partsOf: ReadonlyMap<ScoredGroup, readonly TaylorPart[]>,
  { x, y, losses, batchSize, sizeOf }: CheckedTaylorOptions & { readonly losses: readonly Loss[] },
): Promise<ReadonlyMap<ScoredGroup, Float64Array[]>> {
  const variables = [...new Set([...partsOf.values()].flat(2).map(({ variable }) => variable))];
  const examples = x[0]?.shape[0] as number;
  const batches = Math.ceil(examples / batchSize);
  const scores = new Map<ScoredGroup, Float64Array[]>();
  for (let batch = 0; batch < batches; batch++) {
    const begin = batch * batchSize;
    const range = { begin, size: Math.min(batchSize, examples - begin) };
    const products = await gradientsTimesWeights(model, { x, y, range }, losses, variables);
    for (const [scored, parts] of partsOf) {
      const known = scores.get(scored);
      const next = parts.map((part, index) => {
        const sums = partSums(part, products, scored.group.channels);
        return sums.map((sum, channel) => (known?.[index]?.[channel] ?? 0) + sizeOf(sum) / batches);
      });
      scores.set(scored, next);
    }
  }
  return scores;
}

/** The sums of the products of a part, for each channel; NaN where it has none. */
function partSums(
  part: TaylorPart,
  products: ReadonlyMap<LayerVariable, Float32Array>,
  count: number,
): Float64Array {
  const totals = new Float64Array(count).fill(Number.NaN);
  for (const member of part) {
    const values = products.get(member.variable) as Float32Array;
    const sums = indexSums(values, member.shape, member.axis, (value) => value);
    channelSums(sums, member, count).forEach((sum, channel) => {
      if (Number.isNaN(sum)) return;
      const total = totals[channel] as number;
      totals[channel] = Number.isNaN(total) ? sum : total + sum;
    });
  }
  return totals;
}
