import type { Container } from '@secateur/layers';
import type { ChannelGroup } from './channel-group.js';
import { noRemoval, sizeWithout } from './plan.js';
import { structureOf } from './structure.js';
import type { TraceOptions } from './tracing.js';

/** What can be removed from a model. */
export interface ChannelGroups {
  /** The groups of channels that are bound together, in the order in which data reaches them. */
  readonly groups: readonly ChannelGroup[];
  /** The model's parameters, trainable or not. */
  readonly parameters: number;
  /** Multiply-adds of the model on one example; a size that is not known counts as 1. */
  readonly macs: number;
}

/**
 * The groups of channels of a model that can only go together, for Sequential, functional, nested, shared, multi-input and
 * multi-output models alike. Nothing is computed but the graph: no weight is read.
 *
 * @throws StructureError when a registered rule doesn't fit its layer.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { channelGroups } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 8, inputShape: [4], name: 'hidden' }), layers.dense({ units: 2, name: 'logits' })],
 * });
 * for (const { name, prunable, barriers } of channelGroups(model).groups) {
 *   console.log(name, prunable.length, barriers.map(({ message }) => message).join());
 * } // hidden 8, logits 0 is the model's output
 * ```
 */
export function channelGroups(model: Container, options: TraceOptions = {}): ChannelGroups {
  const structure = structureOf(model, options);
  const { parameters, macs } = sizeWithout(structure, noRemoval(structure));
  return { groups: structure.groups.map(({ numbers: _, ...group }) => group), parameters, macs };
}
