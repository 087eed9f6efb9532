export type { Barrier, BarrierCode } from './barrier.js';
export type { ChannelGroup, GroupMember, GroupProducer } from './channel-group.js';
export { type ChannelGroups, channelGroups } from './channel-groups.js';
export type { AxisChannels, Shape, TensorChannels } from './channels.js';
export type { GivenPlan, PlannedLayer, StructurePlan, StructureSize } from './plan.js';
export type {
  AxisRole,
  ChannelContext,
  ChannelRule,
  ConfigSize,
  LayerCall,
  LayerChannels,
  LayerPart,
  Product,
  TracePartOptions,
  WeightAxis,
} from './rule.js';
export { out, reads, through } from './rule.js';
export { hasChannelRule, registerChannelRule } from './rule-registry.js';
export {
  type KeptConstant,
  type SelectedInput,
  type ShrinkOptions,
  type ShrinkReport,
  type Shrunk,
  shrink,
} from './shrink.js';
export { StructureError } from './structure-error.js';
export type { TraceOptions } from './trace.js';
