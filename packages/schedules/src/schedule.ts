/** What a schedule says of one training step. */
export interface PruningDecision {
  /** Whether the masks are computed anew at this step. */
  readonly update: boolean;
  /** Fraction of the weights that are pruned, in [0, 1). */
  readonly sparsity: number;
}

/** A value that JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A schedule as data: its kind and its parameters. */
export interface ScheduleConfig {
  /** The name under which the schedule is registered. */
  readonly kind: string;
  readonly [parameter: string]: JsonValue;
}

/**
 * When to prune, and how much. Any object with a pure `at` is a schedule.
 *
 * `step` counts completed optimizer updates: step 0 is before the first batch, so a schedule that begins at 0 prunes before
 * any training. (The first step that tfmot asks a schedule about is 1.)
 *
 * @example
 * ```ts
 * // Prunes twice: half of the weights at once, and more after 1000 steps.
 * const twice = {
 *   at: (step = 0) => ({ update: step === 0 || step === 1000, sparsity: step < 1000 ? 0.5 : 0.8 }),
 * };
 * console.log(twice.at(1000)); // { update: true, sparsity: 0.8 }
 * ```
 */
export interface PruningSchedule {
  /** The decision at `step`, an integer of at least 0. Pure: the same step gives the same decision. */
  at(step: number): PruningDecision;
  /** The schedule as data. A model whose schedule has none can be trained and stripped, but not saved wrapped. */
  getConfig?(): ScheduleConfig;
}
