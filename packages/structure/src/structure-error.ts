const marker = Symbol.for('secateur.StructureError');

/** What an error is about. */
export interface StructureErrorDetails {
  /** The option at fault. */
  readonly option?: string;
  /** The value that the option had. */
  readonly value?: unknown;
  /** The path of the layer at fault. */
  readonly layer?: string;
  /** The error behind it. */
  readonly cause?: unknown;
}

/** Thrown by this package for a wrong option, a plan that doesn't fit the model, or channels that can't be removed. */
export class StructureError extends Error {
  /** The name of the class. */
  override readonly name = 'StructureError';
  /** The option at fault, where there is one. */
  readonly option: string | undefined;
  /** The value that the option had. */
  readonly value: unknown;
  /** The path of the layer at fault, where there is one. */
  readonly layer: string | undefined;

  constructor(message: string, { option, value, layer, cause }: StructureErrorDetails = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.option = option;
    this.value = value;
    this.layer = layer;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether `error` is a StructureError, of this or another copy of the package. */
  static isInstance(error: unknown): error is StructureError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}
