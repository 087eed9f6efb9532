import { StructureError } from '../structure-error.js';
import { channelSums } from './channel-sums.js';
import type { ChannelCriterion, ScoredGroup, Scoring } from './criterion.js';

/** Options of {@link batchNormScale}. */
export interface BatchNormScaleOptions {
  /** What scores the groups that have channels without a batch norm. Default: they are an error. */
  readonly fallback?: ChannelCriterion;
}

/**
 * The scale that a batch norm gives a channel, in size. In each batch norm that the channel passes:
 *
 * `score = |gamma|`
 *
 * where a channel has several indices, as behind a Flatten, their sum. It tells most after training with an L1 penalty on the
 * gammas.
 *
 * Z. Liu et al., "Learning Efficient Convolutional Networks through Network Slimming", ICCV 2017.
 *
 * @throws StructureError when `fallback` is not a criterion; when scoring, if a group has a channel without a batch norm that
 * scales, and there is no `fallback`.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { tensor1d } from '@tensorflow/tfjs-core';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { batchNormScale, l1, planStructure } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [
 *     layers.dense({ units: 3, inputShape: [4], name: 'hidden' }),
 *     layers.batchNormalization(),
 *     layers.dense({ units: 2, name: 'logits' }),
 *   ],
 * });
 * const [, beta, mean, variance] = model.layers[1]?.getWeights() ?? [];
 * if (beta && mean && variance) model.layers[1]?.setWeights([tensor1d([2, -0.1, 1]), beta, mean, variance]);
 * const criterion = batchNormScale({ fallback: l1() });
 * const plan = await planStructure(model, { target: { channels: 0.7 }, criterion });
 * console.log(plan.layers[0]?.remove); // [ 1 ]
 * ```
 */
export function batchNormScale({ fallback }: BatchNormScaleOptions = {}): ChannelCriterion {
  if (fallback !== undefined && typeof fallback?.prepare !== 'function') {
    throw new StructureError(`fallback must be a criterion, as l1(), but is ${String(fallback)}`, {
      option: 'fallback',
      value: fallback,
    });
  }
  return {
    kind: 'batch-norm-scale',
    prepare: async (scoring) => {
      const groups = scoring.groups.filter((scored) => withoutScale(scored) !== undefined);
      const others = fallback && (await fallback.prepare({ ...scoring, groups }));
      return async (scored) => {
        const missing = withoutScale(scored);
        if (missing === undefined) return await scales(scored, scoring.read);
        if (others !== undefined) return await others(scored);
        const { name } = scored.group;
        throw new StructureError(
          `criterion: channel ${missing} of the group "${name}" passes no batch norm that scales it; give batchNormScale a fallback, as { fallback: l1() }`,
          { option: 'criterion', layer: name },
        );
      };
    },
  };
}

function gammas({ members }: ScoredGroup): ScoredGroup['members'] {
  return members.filter(({ weight, role }) => weight === 'gamma' && role === 'through');
}

/** The first channel that could go and has no scale. */
function withoutScale(scored: ScoredGroup): number | undefined {
  const known = new Set(gammas(scored).flatMap(({ channels }) => [...channels]));
  return scored.group.prunable.find((channel) => !known.has(channel));
}

async function scales(scored: ScoredGroup, read: Scoring['read']): Promise<Float64Array[]> {
  const parts: Float64Array[] = [];
  for (const member of gammas(scored)) {
    const sizes = (await read(member)).map(Math.abs);
    parts.push(channelSums(sizes, member, scored.group.channels));
  }
  return parts;
}
