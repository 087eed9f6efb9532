const marker = Symbol.for('secateur.MaskError');

/** What a {@link MaskError} says besides its message. */
export interface MaskErrorDetails {
  /** The option, argument or weight at fault. */
  readonly option?: string;
  /** The value it got. */
  readonly value?: unknown;
}

/**
 * An option, a weight or a mask that can't be taken.
 *
 * The message names the option, the value it got and what it allows.
 *
 * @example
 * ```ts
 * import { magnitude, MaskError } from '@secateur/masks';
 *
 * const values = Float32Array.of(1, NaN);
 * try {
 *   magnitude().masks([{ name: 'dense/kernel', kind: 'dense', shape: [1, 2], values }], 0.5);
 * } catch (error) {
 *   if (MaskError.isInstance(error)) console.log(error.message); // Weight "dense/kernel" is NaN at index 1; ...
 * }
 * ```
 */
export class MaskError extends Error {
  /** The name of the class. */
  override readonly name = 'MaskError';
  /** The option, argument or weight at fault. */
  readonly option: string | undefined;
  /** The value it got. */
  readonly value: unknown;

  constructor(message: string, details: MaskErrorDetails = {}) {
    super(message);
    this.option = details.option;
    this.value = details.value;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether `error` is a MaskError, of this copy of the package or of another. */
  static isInstance(error: unknown): error is MaskError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}
