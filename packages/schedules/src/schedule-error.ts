const marker = Symbol.for('secateur.ScheduleError');

/** What a {@link ScheduleError} says besides its message. */
export interface ScheduleErrorDetails {
  /** The option or argument at fault. */
  readonly option?: string;
  /** The value it got. */
  readonly value?: unknown;
}

/**
 * An option, a step or a configuration that a schedule can't take.
 *
 * The message names the option, the value it got and what it allows.
 *
 * @example
 * ```ts
 * import { constantSparsity, ScheduleError } from '@secateur/schedules';
 *
 * try {
 *   constantSparsity({ targetSparsity: 1, beginStep: 0 });
 * } catch (error) {
 *   if (ScheduleError.isInstance(error)) console.log(error.option, error.value); // targetSparsity 1
 * }
 * ```
 */
export class ScheduleError extends Error {
  /** The name of the class. */
  override readonly name = 'ScheduleError';
  /** The option or argument at fault. */
  readonly option: string | undefined;
  /** The value it got. */
  readonly value: unknown;

  constructor(message: string, details: ScheduleErrorDetails = {}) {
    super(message);
    this.option = details.option;
    this.value = details.value;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether `error` is a ScheduleError, of this copy of the package or of another. */
  static isInstance(error: unknown): error is ScheduleError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}
