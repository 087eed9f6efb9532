import { checkSparsity, refusal } from './checks.js';
import type { PruningSchedule } from './schedule.js';
import { checkUpdateSteps, isUpdateStep } from './update-steps.js';

/** Options of {@link polynomialDecay}. */
export interface PolynomialDecayOptions {
  /** Sparsity at `beginStep`, in [0, 1). */
  readonly initialSparsity: number;
  /** Sparsity at `endStep`, in [0, 1). */
  readonly finalSparsity: number;
  /** First step at which masks are updated: an integer of at least 0. */
  readonly beginStep: number;
  /** Last step at which masks may be updated: an integer of at least `beginStep`. */
  readonly endStep: number;
  /** Exponent of the decay, above 0. 1 is a straight line; the default, 3, prunes most at the start. */
  readonly power?: number;
  /** Masks are updated every so many steps from `beginStep` on: an integer of at least 1. Default 100. */
  readonly frequency?: number;
}

/**
 * Sparsity that moves along a polynomial from an initial to a final value: tfmot's `PolynomialDecay`.
 *
 * `sparsity = final + (initial - final) * (1 - p) ^ power` with `p = clamp((step - begin) / (end - begin), 0, 1)`, in
 * double precision (tfmot: float32, within 2e-7). Before `beginStep` it is the initial and after `endStep` the final
 * sparsity; when both steps are the same, it is the final one at that step (tfmot: NaN). The final sparsity is applied
 * only when `endStep - beginStep` is a multiple of `frequency`.
 *
 * A step counts completed optimizer updates, so `beginStep: 0` prunes before the first batch.
 *
 * M. Zhu and S. Gupta, "To prune, or not to prune", https://arxiv.org/abs/1710.01878
 *
 * @throws ScheduleError when an option or a step is not allowed.
 *
 * @example
 * ```ts
 * import { polynomialDecay } from '@secateur/schedules';
 *
 * const schedule = polynomialDecay({ initialSparsity: 0, finalSparsity: 0.8, beginStep: 0, endStep: 1000 });
 * console.log(schedule.at(0)); // { update: true, sparsity: 0 }
 * console.log(schedule.at(500)); // { update: true, sparsity: 0.7000000000000001 }
 * console.log(schedule.at(1000)); // { update: true, sparsity: 0.8 }
 * ```
 */
export function polynomialDecay(options: PolynomialDecayOptions): PruningSchedule {
  const { initialSparsity, finalSparsity, beginStep, endStep, power = 3, frequency = 100 } = options;
  const steps = { beginStep, endStep, frequency };
  checkUpdateSteps(steps, true);
  checkSparsity('initialSparsity', initialSparsity);
  checkSparsity('finalSparsity', finalSparsity);
  if (!(Number.isFinite(power) && power > 0)) throw refusal('power', power, 'a number above 0');
  const low = Math.min(initialSparsity, finalSparsity);
  const high = Math.max(initialSparsity, finalSparsity);

  const sparsityAt = (step: number): number => {
    if (step >= endStep) return finalSparsity;
    if (step <= beginStep) return initialSparsity;
    const p = (step - beginStep) / (endStep - beginStep);
    const sparsity = finalSparsity + (initialSparsity - finalSparsity) * (1 - p) ** power;
    return Math.min(Math.max(sparsity, low), high); // rounding must not leave [low, high]
  };

  return {
    at: (step) => ({ update: isUpdateStep(steps, step), sparsity: sparsityAt(step) }),
    getConfig: () => ({ kind: 'polynomialDecay', initialSparsity, finalSparsity, ...steps, power }),
  };
}
