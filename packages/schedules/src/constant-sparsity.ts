import { checkSparsity } from './checks.js';
import type { PruningSchedule } from './schedule.js';
import { checkUpdateSteps, isUpdateStep } from './update-steps.js';

/** Options of {@link constantSparsity}. */
export interface ConstantSparsityOptions {
  /** Fraction of the weights to prune, in [0, 1). */
  readonly targetSparsity: number;
  /** First step at which masks are updated: an integer of at least 0. */
  readonly beginStep: number;
  /** Last step at which masks may be updated, or -1 for no end. Default -1. */
  readonly endStep?: number;
  /** Masks are updated every so many steps from `beginStep` on: an integer of at least 1. Default 100. */
  readonly frequency?: number;
}

/**
 * The same sparsity at every step: tfmot's `ConstantSparsity`.
 *
 * `update` is true when `beginStep <= step <= endStep` and `(step - beginStep) % frequency == 0`; `sparsity` is always
 * `targetSparsity`. A step counts completed optimizer updates, so `beginStep: 0` prunes before the first batch.
 *
 * @throws ScheduleError when an option or a step is not allowed.
 *
 * @example
 * ```ts
 * import { constantSparsity } from '@secateur/schedules';
 *
 * const schedule = constantSparsity({ targetSparsity: 0.5, beginStep: 200, frequency: 100 });
 * console.log(schedule.at(199)); // { update: false, sparsity: 0.5 }
 * console.log(schedule.at(300)); // { update: true, sparsity: 0.5 }
 * ```
 */
export function constantSparsity(options: ConstantSparsityOptions): PruningSchedule {
  const { targetSparsity, beginStep, endStep = -1, frequency = 100 } = options;
  const steps = { beginStep, endStep, frequency };
  checkUpdateSteps(steps, false);
  checkSparsity('targetSparsity', targetSparsity);
  return {
    at: (step) => ({ update: isUpdateStep(steps, step), sparsity: targetSparsity }),
    getConfig: () => ({ kind: 'constantSparsity', targetSparsity, ...steps }),
  };
}
