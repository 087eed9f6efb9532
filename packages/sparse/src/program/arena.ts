/** A boundary on which buffers start: a cache line. */
const alignment = 64;

/** Bytes up to the next place where a buffer may start. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Places buffers that live at different times in one stretch of memory, each in the first gap that holds it. */
export class Arena {
  readonly #taken: { readonly start: number; readonly end: number }[] = [];
  #size = 0;

  /** The bytes that hold all buffers so far. */
  get size(): number {
    return this.#size;
  }

  /** The offset of a new buffer. */
  take(bytes: number): number {
    const length = Math.max(alignment, aligned(bytes));
    let start = 0;
    let index = 0;
    for (const block of this.#taken) {
      if (block.start - start >= length) break;
      start = block.end;
      index += 1;
    }
    this.#taken.splice(index, 0, { start, end: start + length });
    this.#size = Math.max(this.#size, start + length);
    return start;
  }

  /** Ends the life of the buffer at an offset. */
  release(offset: number): void {
    const index = this.#taken.findIndex(({ start }) => start === offset);
    if (index >= 0) this.#taken.splice(index, 1);
  }
}
