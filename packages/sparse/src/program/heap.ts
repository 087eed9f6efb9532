import { Arena } from './arena.js';

/** Memory that programs live in. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** A block that starts at a multiple of 64. Its content is undefined. */
  allocate(bytes: number): number;
  free(address: number): void;
}

const pageBytes = 65_536;
/** No block is at 0. */
const start = 64;

/** A memory of our own. */
export function ownHeap(options: { readonly shared?: boolean } = {}): Heap {
  const { shared = false } = options;
  const memory = new WebAssembly.Memory({ initial: 1, ...(shared && { maximum: 65_536, shared }) });
  const arena = new Arena();
  return {
    memory,
    allocate(bytes) {
      const offset = arena.take(bytes);
      const pages = Math.ceil((start + arena.size) / pageBytes) - memory.buffer.byteLength / pageBytes;
      if (pages > 0) memory.grow(pages);
      return start + offset;
    },
    free(address) {
      arena.release(address - start);
    },
  };
}
