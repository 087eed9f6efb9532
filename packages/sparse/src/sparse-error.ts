const marker = Symbol.for('secateur.SparseError');

/** What was wrong: the option or argument, and the value it got. */
export interface SparseErrorDetails {
  /** The name of the option, argument or field. */
  readonly option?: string;
  /** The value it got. */
  readonly value?: unknown;
}

/** Thrown for models, options, tensors and files that can't be used. */
export class SparseError extends Error {
  /** The name of the class. */
  override readonly name = 'SparseError';
  /** The name of the option, argument or field that was wrong. */
  readonly option?: string;
  /** The value it got. */
  readonly value?: unknown;

  constructor(message: string, details: SparseErrorDetails = {}) {
    super(message);
    Object.defineProperty(this, marker, { value: true });
    Object.assign(this, details);
  }

  /** Whether `error` is a SparseError, of this or another copy of the package. */
  static isInstance(error: unknown): error is SparseError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}
