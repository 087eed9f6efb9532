const marker: unique symbol = Symbol.for('secateur.WasmTrainError') as never;

/** What an error is about, when it is about one named thing. */
export interface WasmTrainErrorDetails {
  /** The option, attribute or requirement that was not met. */
  readonly option?: string;
  /** The value it had. */
  readonly value?: unknown;
}

/**
 * Every error that this package throws.
 *
 * Use {@link WasmTrainError.isInstance} rather than `instanceof`: it also knows the errors of another copy of the
 * package on the page.
 *
 * @example
 * ```ts
 * import { WasmTrainError } from '@secateur/wasm-train';
 *
 * const error = new WasmTrainError('dataFormat must be NHWC, got NCHW', { option: 'dataFormat', value: 'NCHW' });
 * console.log(WasmTrainError.isInstance(error), error.option, error.value); // true dataFormat NCHW
 * ```
 */
export class WasmTrainError extends Error {
  /** The name of the class. */
  override readonly name = 'WasmTrainError';
  /** What is at fault, where there is one. */
  readonly option: string | undefined;
  /** The value that it had. */
  readonly value: unknown;

  constructor(message: string, details: WasmTrainErrorDetails = {}) {
    super(message);
    this.option = details.option;
    this.value = details.value;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether `error` is a WasmTrainError of this or of another copy of the package. */
  static isInstance(error: unknown): error is WasmTrainError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}
