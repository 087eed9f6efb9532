const marker = Symbol.for('secateur.WasmEmitError');

/** Thrown for code that can't be encoded: an unknown label, an offset or a lane out of range, an unclosed function. */
export class WasmEmitError extends Error {
  /** The name of the class. */
  override readonly name = 'WasmEmitError';

  constructor(message: string) {
    super(message);
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether `error` is a WasmEmitError, of this or another copy of the package. */
  static isInstance(error: unknown): error is WasmEmitError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}
