import type { Shape } from '../graph/shape.js';
import { sizeOf } from '../graph/shape.js';
import { Arena } from '../program/arena.js';
import type { Heap } from '../program/heap.js';
import type { Random } from './random.fixture.js';

/** Floats around each block, which nothing may touch. */
const margin = 64;
/** A NaN, as bits: what memory is full of before it is written. */
const poison = 0x7fc0_dead;
const guard = 0x7fc0_beef;

/** One memory for all cases, for memories are dear: it never grows. */
const memory = new WebAssembly.Memory({ initial: 1024 });
const words = new Uint32Array(memory.buffer);
const floatView = new Float32Array(memory.buffer);

export interface Tensor32 {
  readonly shape: Shape;
  readonly values: Float32Array;
}

/**
 * Memory for one case. Blocks and outputs are full of NaN at first, and stand between guards; the last input, or the first
 * block, ends where the memory does. Addresses of tensors are odd multiples of 4, often.
 */
export class PoisonedMemory implements Heap {
  readonly memory: WebAssembly.Memory = memory;
  readonly #arena = new Arena();
  readonly #guards: number[] = [];
  readonly #inputs: { readonly at: number; readonly values: Float32Array }[] = [];

  #isFirstLast: boolean;
  /** Where what is at the end of memory begins. */
  #top = words.length;

  constructor(isFirstLast = false) {
    this.#isFirstLast = isFirstLast;
  }

  allocate(bytes: number): number {
    const count = Math.ceil(bytes / 64) * 16;
    if (this.#isFirstLast) {
      this.#isFirstLast = false;
      const at = words.length - count;
      words.fill(poison, at);
      words.fill(guard, at - margin, at);
      this.#guards.push(at - margin);
      this.#top = at - margin;
      return 4 * at;
    }
    const at = 16 + this.#arena.take(4 * (count + 2 * margin)) / 4 + margin;
    this.#fence(at, count);
    return 4 * at;
  }

  free(): void {
    // Nothing is used twice, so that writing where one shouldn't is seen.
  }

  /** Puts inputs at the end of the memory, and gives their addresses. */
  place(inputs: readonly Tensor32[], random: Random): number[] {
    let end = this.#top;
    for (const { values } of [...inputs].reverse()) {
      const at = end - values.length;
      words.fill(poison, at - margin, at);
      floatView.set(values, at);
      this.#inputs.unshift({ at, values });
      end = at - random.integer(1, 8);
    }
    return this.#inputs.map(({ at }) => 4 * at);
  }

  /** Memory for an output: its address. */
  output(shape: Shape, random: Random): number {
    const count = sizeOf(shape);
    const at = this.allocate(4 * (count + 4 * margin)) / 4 + margin + random.integer(0, 15);
    words.fill(guard, at - margin, at + count + margin);
    words.fill(poison, at, at + count);
    this.#guards.push(at - margin, at + count);
    return 4 * at;
  }

  read(address: number, shape: Shape): Float32Array {
    return floatView.slice(address / 4, address / 4 + sizeOf(shape));
  }

  /** Throws when a guard or an input has been written. */
  check(): void {
    for (const at of this.#guards) {
      for (let word = at; word < at + margin; word += 1) {
        if (words[word] !== guard)
          throw new Error(`memory is written outside of a buffer, at ${at} + ${word - at}`);
      }
    }
    for (const { at, values } of this.#inputs) {
      const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
      if (bits.some((word, index) => word !== words[at + index])) throw new Error('an input is overwritten');
    }
  }

  #fence(at: number, count: number): void {
    words.fill(guard, at - margin, at + count + margin);
    words.fill(poison, at, at + count);
    this.#guards.push(at - margin, at + count);
  }
}
