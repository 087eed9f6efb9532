/** Memory that programs live in. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** A block that starts at a multiple of 64. Its content is undefined. */
  allocate(bytes: number): number;
  free(address: number): void;
}

const pageBytes = 65_536;

/** A memory for one program: blocks follow each other, and all end with the memory. */
export function ownHeap(options: { readonly shared?: boolean } = {}): Heap {
  const { shared = false } = options;
  const memory = new WebAssembly.Memory({ initial: 1, ...(shared && { maximum: 65_536, shared }) });
  let end = 64;
  return {
    memory,
    allocate(bytes) {
      const start = end;
      end = start + Math.ceil(bytes / 64) * 64;
      const pages = Math.ceil(end / pageBytes) - memory.buffer.byteLength / pageBytes;
      if (pages > 0) memory.grow(pages);
      return start;
    },
    free() {},
  };
}
