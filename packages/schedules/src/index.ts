export { type ConstantSparsityOptions, constantSparsity } from './constant-sparsity.js';
export { type PolynomialDecayOptions, polynomialDecay } from './polynomial-decay.js';
export { registerSchedule, type ScheduleFromConfig, scheduleFromConfig } from './registry.js';
export type { JsonValue, PruningDecision, PruningSchedule, ScheduleConfig } from './schedule.js';
export { ScheduleError, type ScheduleErrorDetails } from './schedule-error.js';
