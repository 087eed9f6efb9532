import { ExportError } from './export-error.js';

/** A JSON object. */
export type JsonObject = { [key: string]: unknown };

/** Deeper nesting than this is not a model: it would exhaust the stack of whoever walks it. */
const maxDepth = 400;

/** Whether `value` is a JSON object, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses the JSON object in a file that nobody vouches for. Keys named `__proto__` are dropped, so that copying an
 * object key by key can't change a prototype.
 */
export function parseJsonObject(text: string, file: string): JsonObject {
  let parsed: unknown;
  try {
    // An escaped key is spelled with a backslash, so plain text needs no reviver.
    parsed = /__proto__|\\u/.test(text) ? JSON.parse(text, withoutProto) : JSON.parse(text);
  } catch (cause) {
    throw new ExportError(`${file} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      file,
      cause,
    });
  }
  if (!isObject(parsed)) throw new ExportError(`${file} holds no JSON object`, { file });
  checkDepth(parsed, file);
  return parsed;
}

function withoutProto(key: string, value: unknown): unknown {
  if (key === '__proto__') return undefined;
  return value;
}

function checkDepth(root: unknown, file: string): void {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) {
      throw new ExportError(`${file} nests JSON more than ${maxDepth} levels deep`, { file });
    }
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      for (const child of Object.values(value)) {
        if (typeof child === 'object' && child !== null) next.push(child);
      }
    }
    level = next;
  }
}
