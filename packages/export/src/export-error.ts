const marker = Symbol.for('secateur.ExportError');

/** What an {@link ExportError} says besides its message. */
export interface ExportErrorDetails {
  /** The file that could not be written or read. */
  readonly file?: string;
  /** The option, or the field of the file, at fault. */
  readonly option?: string;
  /** The value it had. */
  readonly value?: unknown;
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * A model that can't be saved, or a file that can't be loaded.
 *
 * The message names the file, the part of it that is wrong, what it holds and what is allowed.
 *
 * @example
 * ```ts
 * import { ExportError, nodeFile } from '@secateur/export/node';
 *
 * try {
 *   await nodeFile('no-such-folder/model.json').load();
 * } catch (error) {
 *   if (ExportError.isInstance(error)) console.log(error.file); // no-such-folder/model.json
 * }
 * ```
 */
export class ExportError extends Error {
  /** The name of the class. */
  override readonly name = 'ExportError';
  /** The file that could not be written or read. */
  readonly file: string | undefined;
  /** The option, or the field of the file, at fault. */
  readonly option: string | undefined;
  /** The value it had. */
  readonly value: unknown;

  constructor(message: string, details: ExportErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.file = details.file;
    this.option = details.option;
    this.value = details.value;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether `error` is an ExportError, of this copy of the package or of another. */
  static isInstance(error: unknown): error is ExportError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}

/** `error` as an ExportError: itself, or wrapped with what was being done. */
export function asExportError(error: unknown, doing: string, file: string): ExportError {
  if (ExportError.isInstance(error)) return error;
  return new ExportError(`${doing}: ${error instanceof Error ? error.message : String(error)}`, {
    file,
    cause: error,
  });
}
