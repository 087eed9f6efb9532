import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import type { NumberedGroup } from '../channel-group.js';
import type { LayerTrace } from '../layer-trace.js';
import type { AxisRole } from '../rule.js';

/** What a channel is worth: the lower its score, the sooner it goes. */
export interface ChannelCriterion {
  /** The name of the criterion: `l1`. */
  readonly kind: string;
  /** Gets ready to score the groups of one model. @internal */
  readonly prepare: (scoring: Scoring) => Promise<GroupScorer>;
}

/** A criterion: one of this package's, or a function that scores a member. */
export type Criterion = ChannelCriterion | MemberScore;

/**
 * Scores a weight along an axis: one finite score for each index. Those of the same channel are added up. `null` for a
 * weight that doesn't count; each channel that could go needs one that does. It is called for every axis of every weight that
 * channels of a group lie in: kernels, biases, statistics of batch norms.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { tensor1d } from '@tensorflow/tfjs-core';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { type MemberScore, planStructure } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 3, inputShape: [4], name: 'hidden' }), layers.dense({ units: 2, name: 'logits' })],
 * });
 * const [kernel] = model.layers[0]?.getWeights() ?? [];
 * if (kernel) model.layers[0]?.setWeights([kernel, tensor1d([2, 1, 3])]);
 * const largestBias: MemberScore = ({ weight, values }) => (weight === 'bias' ? values : null);
 * const plan = await planStructure(model, { target: { channels: 0.7 }, criterion: largestBias });
 * console.log(plan.layers[0]?.remove); // [ 1 ]
 * ```
 */
export type MemberScore = (member: MemberView) => ArrayLike<number> | null;

/** An axis of a weight along which channels of a group lie, with the weight's values. */
export interface MemberView {
  /** The layer's path. */
  readonly layer: string;
  /** The last part of the weight's name: `kernel`. */
  readonly weight: string;
  /** The axis of the weight. */
  readonly axis: number;
  /** Whether the weight makes the channels, reads them, or belongs to channels that pass by. */
  readonly role: AxisRole;
  /** The shape of the weight. */
  readonly shape: readonly number[];
  /** The values of the whole weight, in row-major order. They are not to be changed. */
  readonly values: Float32Array;
  /** For each index along the axis: the index of its channel in the group, or -1 where it belongs to another group. */
  readonly channels: readonly number[];
}

/** What a criterion has to score. */
export interface Scoring {
  readonly model: LayersModel;
  readonly groups: readonly ScoredGroup[];
  /** The values of a weight of a layer, read once. Throws StructureError when one is not finite. */
  readonly read: (member: ScoredMember) => Promise<Float32Array>;
}

/** A group of which something can go, and all its members. */
export interface ScoredGroup {
  readonly group: NumberedGroup;
  readonly members: readonly ScoredMember[];
}

/** A member of a group, with what it is made of. */
export interface ScoredMember {
  readonly layer: LayerTrace;
  readonly variable: LayerVariable;
  readonly weight: string;
  readonly shape: readonly number[];
  readonly axis: number;
  readonly role: AxisRole;
  /** Whether a zero of a weight with the role `through` stops what comes in. */
  readonly stops: boolean;
  /** For each index along the axis: the index of its channel in the group, or -1. */
  readonly channels: Int32Array;
}

/**
 * Scores a group: lists of one score for each channel, NaN where a list says nothing of a channel. They are combined to one.
 */
type GroupScorer = (group: ScoredGroup) => Promise<readonly Float64Array[]>;
