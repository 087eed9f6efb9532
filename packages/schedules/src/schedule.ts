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
 * `step` counts completed optimizer updates: 0 is before the first batch.
 */
export interface PruningSchedule {
  /** The decision at `step`, an integer of at least 0. Pure: the same step gives the same decision. */
  at(step: number): PruningDecision;
  /** The schedule as data. A model whose schedule has none can be trained and stripped, but not saved wrapped. */
  getConfig?(): ScheduleConfig;
}
