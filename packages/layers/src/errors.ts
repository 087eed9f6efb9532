const marker = Symbol.for('secateur.PruningError');

/** Thrown by this package for a wrong option, a model that can't be pruned, or a step out of order. */
export class PruningError extends Error {
  /** The name of the class. */
  override readonly name = 'PruningError';
  /** The option at fault, where there is one. */
  readonly option: string | undefined;
  /** The value that the option had. */
  readonly value: unknown;

  constructor(message: string, option?: string, value?: unknown, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.option = option;
    this.value = value;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether `error` is a PruningError, of this or another copy of the package. */
  static isInstance(error: unknown): error is PruningError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}

export function nothingToPrune(what: string): PruningError {
  return new PruningError(
    `Nothing to prune in ${what}: there are no prunable weights, or all were left alone. ` +
      'Name weights by the option weights, or declare those of a custom layer by registerPrunable',
  );
}
