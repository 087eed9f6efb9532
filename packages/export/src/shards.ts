import { createHash } from 'node:crypto';
import type { io } from '@tensorflow/tfjs-core';

/** One file of weights: its bytes are `parts` after each other, views into the model's weight data. */
export interface Shard {
  readonly name: string;
  readonly parts: readonly Uint8Array[];
}

/**
 * Cuts weight data into shards of at most `shardBytes`, without copying. A shard's name carries 16 digits of its
 * content's SHA-256, so a new model never writes over a file that the old one still needs.
 */
export function shardsOf(data: io.WeightData, shardBytes: number): Shard[] {
  const buffers = (Array.isArray(data) ? data : [data]).map(bytesOf);
  const total = buffers.reduce((bytes, buffer) => bytes + buffer.byteLength, 0);
  const count = Math.ceil(total / shardBytes);
  const contents: Uint8Array[][] = Array.from({ length: count }, () => []);
  let position = 0;
  for (const buffer of buffers) {
    for (let offset = 0; offset < buffer.byteLength; ) {
      const room = shardBytes - (position % shardBytes);
      const length = Math.min(room, buffer.byteLength - offset);
      contents[Math.floor(position / shardBytes)]?.push(buffer.subarray(offset, offset + length));
      offset += length;
      position += length;
    }
  }
  return contents.map((parts, s) => ({ name: `group1-shard${s + 1}of${count}.${digest(parts)}.bin`, parts }));
}

/** tfjs says that a stream of weights gives buffers, and lets through the views that a fetched body gives. */
function bytesOf(data: ArrayBuffer | Uint8Array): Uint8Array {
  return data instanceof Uint8Array ? data : new Uint8Array(data);
}

function digest(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 16);
}
