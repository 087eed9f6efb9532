export type { Barrier, BarrierCode } from './barrier.js';
export type { ChannelGroup, GroupMember, GroupProducer } from './channel-group.js';
export { type ChannelGroups, channelGroups } from './channel-groups.js';
export { type ChannelMaskOptions, channelMasks } from './channel-masks.js';
export type { Combine } from './channel-scores.js';
export type { AxisChannels, Shape, TensorChannels } from './channels.js';
export { type BatchNormScaleOptions, batchNormScale } from './criteria/batch-norm-scale.js';
export type { ChannelCriterion, Criterion, MemberScore, MemberView } from './criteria/criterion.js';
export { type FpgmOptions, fpgm } from './criteria/fpgm.js';
export type { KernelOptions } from './criteria/kernel-criterion.js';
export { l1 } from './criteria/l1.js';
export { l2 } from './criteria/l2.js';
export { type RandomOptions, random } from './criteria/random.js';
export { taylor } from './criteria/taylor.js';
export type { TaylorOptions } from './criteria/taylor-options.js';
export type { TaylorWeights } from './criteria/taylor-parts.js';
export type { Loss } from './criteria/weight-gradients.js';
export { type ExplainedLayer, type ExplainOptions, type Explanation, explain } from './explain.js';
export type { GivenPlan, PlannedLayer, StructurePlan, StructureSize } from './plan.js';
export { type PlanOptions, planStructure } from './plan-structure.js';
export {
  type PruneStructureOptions,
  type PruningRound,
  pruneStructure,
  type ScheduledTarget,
} from './prune-structure.js';
export type { RankingOptions, RankingScope } from './removal-order.js';
export type {
  AxisRole,
  ChannelContext,
  ChannelRule,
  ConfigSize,
  InputAxis,
  LayerCall,
  LayerChannels,
  LayerPart,
  Product,
  TracePartOptions,
  WeightAxis,
} from './rule.js';
export { out, reads, through } from './rule.js';
export { hasChannelRule, registerChannelRule } from './rule-registry.js';
export { SelectFeatures, type SelectFeaturesArgs, selectFeatures } from './select-features.js';
export {
  type KeptConstant,
  type SelectedInput,
  type ShrinkOptions,
  type ShrinkReport,
  type Shrunk,
  shrink,
} from './shrink.js';
export { StructureError, type StructureErrorDetails } from './structure-error.js';
export type { CostMeasure, StructureTarget } from './target.js';
export type { TraceOptions } from './tracing.js';
