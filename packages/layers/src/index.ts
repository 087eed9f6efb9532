export type { LayerChoice, PruneOptions } from './choices.js';
export { bareConfig, cloneModel, type ReplaceLayer, unwrap, type WeightsOf } from './clone-model.js';
export { PruningError } from './errors.js';
export { type LayerConfig, layerFromConfig } from './layer-config.js';
export { OptimizerPruning } from './optimizer-pruning.js';
export type { OptimizerPruningState } from './optimizer-state.js';
export {
  type DeclaresPrunableWeights,
  type PrunableRule,
  type PrunableWeight,
  prunableWeights,
  registerPrunable,
  variablesOf,
} from './prunable.js';
export { pruneLowMagnitude } from './prune-low-magnitude.js';
export { type PrunedVariable, type PruneOptimizerOptions, pruneOptimizer } from './prune-optimizer.js';
export type { PruningRun } from './pruning-run.js';
export type { LayerPruning, PruningSettings } from './settings.js';
export { startPruning, wrappersOf } from './start-pruning.js';
export type { WrappedWeight } from './stored-mask.js';
export { stripPruning } from './strip-pruning.js';
export { type Container, isContainer, type Layer, type LayerVariable } from './tfjs.js';
export { UpdatePruningStep, updatePruningStep } from './update-pruning-step.js';
export { weightSparsity } from './weight-sparsity.js';
export { PruneLowMagnitude, type PruneLowMagnitudeArgs } from './wrapper.js';
