import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Address } from './address.js';

/** A function of the program's module that computes a range of units: rows, tiles or blocks of its output. */
export interface Kernel {
  readonly builder: FunctionBuilder;
  /** How many arguments it takes before the range. */
  readonly arity: number;
}

/** What a kernel's code is written with. All parameters are i32. */
export interface KernelScope {
  readonly f: FunctionBuilder;
  /** The arguments, in order. */
  readonly args: readonly Local[];
  /** The first unit to compute. */
  readonly from: Local;
  /** The unit to stop before; the range may be empty. */
  readonly to: Local;
}

/** One call of a kernel. Its units don't depend on each other, so they may run in any order, on several threads. */
export interface Step {
  readonly kernel: Kernel;
  readonly args: readonly (Address | number)[];
  readonly units: number;
}

/** What an operation is written with when a program is made: memory, kernels, and the steps that run in order. */
export interface Lowering {
  /**
   * A kernel of the module. One with the same key is written once: the key names everything that its code depends on,
   * which should be little, so that layers share kernels. Kernels may call others by `kernel.builder`.
   */
  kernel(key: string, arity: number, write: (scope: KernelScope) => void): Kernel;
  /** Puts data into the program's block, 64-byte aligned. */
  constant(data: ArrayBufferView): Address;
  /** Memory until the end of this operation, shared by its steps. Its content is undefined, its start 64-byte aligned. */
  temporary(bytes: number): Address;
  /** Memory for the lane (thread) that runs a step. Its content is undefined at each step, its start 64-byte aligned. */
  scratch(bytes: number): Address;
  /** Adds a step. Steps run one after the other. */
  step(kernel: Kernel, args: readonly (Address | number)[], units: number): void;
}
