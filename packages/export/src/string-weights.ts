import type { io } from '@tensorflow/tfjs-core';
import { ExportError } from './export-error.js';
import { byteLengthOf, type ManifestGroup } from './weights-manifest.js';

/**
 * Checks that the weights of a group with strings fill its bytes. A string is four bytes of length, little-endian, and
 * then its characters.
 */
export function checkStrings({ weights }: ManifestGroup, bytes: Uint8Array, file: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;
  for (const weight of weights) {
    const fixed = byteLengthOf([weight], file);
    position = fixed === undefined ? endOfStrings(weight, view, position) : position + fixed;
    if (position > bytes.byteLength) break;
  }
  if (position === bytes.byteLength) return;
  throw new ExportError(`${file}: its string weights don't fill their ${bytes.byteLength} bytes`, { file });
}

function endOfStrings({ shape }: io.WeightsManifestEntry, view: DataView, start: number): number {
  const count = shape.reduce((product, length) => product * length, 1);
  let position = start;
  for (let s = 0; s < count; s += 1) {
    if (position + 4 > view.byteLength) return Number.POSITIVE_INFINITY;
    position += 4 + view.getUint32(position, true);
  }
  return position;
}
