export type { Mask } from './mask.js';
export type { JsonValue, MaskFunction, MaskStrategy, StrategyConfig } from './strategy.js';
export type { WeightKind, WeightView } from './weight.js';
