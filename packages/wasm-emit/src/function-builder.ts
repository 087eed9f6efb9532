import { ByteWriter } from './byte-writer.js';
import * as ops from './instructions.js';
import { typeCodes, type ValueType } from './value-type.js';
import { WasmEmitError } from './wasm-emit-error.js';

/** An instruction that takes all from the stack, by its name in the text format in camel case: `i32.add` is `i32Add`. */
export type PlainInstruction = keyof typeof ops.plain | keyof typeof ops.vector;
/** A load or store, by its name in the text format in camel case. */
export type MemoryInstruction = keyof typeof ops.memory | keyof typeof ops.vectorMemory;
/** An atomic access, by its name in the text format in camel case. */
export type AtomicInstruction = keyof typeof ops.atomic;
/** A load or store of one lane of a vector. */
export type LaneMemoryInstruction = keyof typeof ops.vectorLaneMemory;

/** A parameter or local variable of a function. */
export interface Local {
  /** Its number in the function: parameters first. */
  readonly index: number;
  /** Of its values. */
  readonly type: ValueType;
}

/** The end of a block or the start of a loop: what a branch goes to. */
export interface Label {
  /** How deep it is nested, from 1. */
  readonly depth: number;
}

/** The types of a function. */
export interface Signature {
  /** Of the parameters, in order. */
  readonly params: readonly ValueType[];
  /** Of the results, in order. */
  readonly results: readonly ValueType[];
}

const voidBlock = 0x40;

/**
 * Writes the code of one function, instruction by instruction. Each method appends and gives the builder back. Blocks take
 * functions that write what is inside, so that they are always closed.
 */
export class FunctionBuilder {
  /** The types of the parameters and results. */
  readonly signature: Signature;
  /** Its number in the module. */
  readonly index: number;
  /** The parameters, in order. */
  readonly params: readonly Local[];
  readonly #locals: ValueType[] = [];
  readonly #code = new ByteWriter();
  #depth = 0;

  constructor(signature: Signature, index = 0) {
    this.signature = signature;
    this.index = index;
    this.params = signature.params.map((type, index) => ({ index, type }));
  }

  /** A new local variable. It starts as zero. */
  local(type: ValueType): Local {
    const index = this.signature.params.length + this.#locals.push(type) - 1;
    return { index, type };
  }

  /** New local variables of one type. */
  locals(type: ValueType, count: number): Local[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  /** Pushes a variable. */
  get({ index }: Local): this {
    this.#code.byte(0x20).unsigned(index);
    return this;
  }

  /** Pops into a variable. */
  set({ index }: Local): this {
    this.#code.byte(0x21).unsigned(index);
    return this;
  }

  /** Copies the top of the stack into a variable. */
  tee({ index }: Local): this {
    this.#code.byte(0x22).unsigned(index);
    return this;
  }

  /** Pushes a 32-bit integer. */
  i32Const(value: number): this {
    this.#code.byte(0x41).signed(value);
    return this;
  }

  /** Pushes a 64-bit integer, given as one of 32 bits. */
  i64Const(value: number): this {
    this.#code.byte(0x42).signed(value);
    return this;
  }

  /** Pushes a float32. */
  f32Const(value: number): this {
    this.#code.byte(0x43).float32(value);
    return this;
  }

  /** Pushes a vector of zeros. */
  v128Zero(): this {
    this.#code.byte(ops.vectorPrefix, 0x0c).bytes(new Uint8Array(16));
    return this;
  }

  /** Appends instructions that take all from the stack. */
  op(...names: readonly PlainInstruction[]): this {
    for (const name of names) {
      if (name in ops.plain) this.#code.byte(ops.plain[name as keyof typeof ops.plain]);
      else this.#vector(ops.vector[name as keyof typeof ops.vector]);
    }
    return this;
  }

  /** A load from, or a store to, the address on the stack plus `offset` bytes. */
  memory(name: MemoryInstruction, offset = 0): this {
    checkOffset(offset);
    if (name in ops.memory) {
      const [opcode, alignment] = ops.memory[name as keyof typeof ops.memory];
      this.#code.byte(opcode, alignment).unsigned(offset);
    } else {
      const [opcode, alignment] = ops.vectorMemory[name as keyof typeof ops.vectorMemory];
      this.#vector(opcode).#code.byte(alignment).unsigned(offset);
    }
    return this;
  }

  /** An atomic access of 32 bits at the address on the stack plus `offset` bytes; for a shared memory. */
  atomic(name: AtomicInstruction, offset = 0): this {
    checkOffset(offset);
    this.#code.byte(ops.atomicPrefix, ops.atomic[name], 2).unsigned(offset);
    return this;
  }

  /** Pops a count of bytes, the address they come from, and the one they go to; the two ranges may overlap. */
  memoryCopy(): this {
    this.#code.byte(0xfc, 0x0a, 0, 0);
    return this;
  }

  /** Pops a count of bytes, a value of one byte, and the address of the first. */
  memoryFill(): this {
    this.#code.byte(0xfc, 0x0b, 0);
    return this;
  }

  /** Calls a function of the same module: pops its parameters and pushes its results. */
  call({ index }: FunctionBuilder): this {
    this.#code.byte(0x10).unsigned(index);
    return this;
  }

  /** A load into, or a store from, one of the four lanes of a vector. */
  laneMemory(name: LaneMemoryInstruction, lane: number, offset = 0): this {
    checkLane(lane, 4);
    checkOffset(offset);
    const [opcode, alignment] = ops.vectorLaneMemory[name];
    this.#vector(opcode).#code.byte(alignment).unsigned(offset).byte(lane);
    return this;
  }

  /** Pops a vector and pushes one of its four float32 lanes. */
  f32x4ExtractLane(lane: number): this {
    checkLane(lane, 4);
    this.#vector(0x1f).#code.byte(lane);
    return this;
  }

  /** Pops two vectors and pushes sixteen of their bytes: 0 to 15 are those of the first. */
  i8x16Shuffle(lanes: readonly number[]): this {
    if (lanes.length !== 16) throw new WasmEmitError(`A shuffle takes 16 lanes, but got ${lanes.length}`);
    for (const lane of lanes) checkLane(lane, 32);
    this.#vector(0x0d).#code.byte(...lanes);
    return this;
  }

  /** A block: a branch to its label leaves it. */
  block(inside: (end: Label) => void): this {
    return this.#nested(0x02, inside);
  }

  /** A loop: a branch to its label starts it again, and without one it ends. */
  loop(inside: (start: Label) => void): this {
    return this.#nested(0x03, inside);
  }

  /** Pops a condition; what is inside runs unless it is 0. */
  if(inside: (end: Label) => void): this {
    return this.#nested(0x04, inside);
  }

  /** Goes to a label. */
  br(label: Label): this {
    this.#code.byte(0x0c).unsigned(this.#distance(label));
    return this;
  }

  /** Pops a condition; goes to a label unless it is 0. */
  brIf(label: Label): this {
    this.#code.byte(0x0d).unsigned(this.#distance(label));
    return this;
  }

  /**
   * The function's locals and code, as a module holds them.
   *
   * @internal
   */
  finish(): ByteWriter {
    if (this.#depth !== 0) throw new WasmEmitError('A function is finished inside one of its blocks');
    const body = new ByteWriter();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    body.unsigned(runs.length);
    for (const { type, count } of runs) body.unsigned(count).byte(typeCodes[type]);
    return body.bytes(this.#code.finish()).byte(0x0b);
  }

  #vector(opcode: number): this {
    this.#code.byte(ops.vectorPrefix).unsigned(opcode);
    return this;
  }

  #nested(opcode: number, inside: (label: Label) => void): this {
    this.#code.byte(opcode, voidBlock);
    const label = { depth: ++this.#depth };
    inside(label);
    if (this.#depth !== label.depth)
      throw new WasmEmitError('Blocks are closed in another order than opened');
    this.#depth--;
    this.#code.byte(0x0b);
    return this;
  }

  #distance({ depth }: Label): number {
    if (depth < 1 || depth > this.#depth)
      throw new WasmEmitError('A branch goes to a label that it is not inside of');
    return this.#depth - depth;
  }
}

function checkOffset(offset: number): void {
  if (!Number.isInteger(offset) || offset < 0 || offset > 0xffffffff) {
    throw new WasmEmitError(`An offset must be an integer from 0 to 2^32 - 1, but is ${offset}`);
  }
}

function checkLane(lane: number, lanes: number): void {
  if (!Number.isInteger(lane) || lane < 0 || lane >= lanes) {
    throw new WasmEmitError(`A lane must be an integer from 0 to ${lanes - 1}, but is ${lane}`);
  }
}
