import type { FunctionBuilder } from '@secateur/wasm-emit';
import type { Kernel, Lowering } from '../program/lowering.js';
import { emitLoad, emitSpan, emitStore } from './span.js';

/**
 * A kernel that computes each float of its output from the floats in the same place of its inputs. Its arguments are the
 * addresses of the inputs and of the output, which may be one of them; units are floats.
 *
 * @param prepare writes what is to be done once, and gives what pushes the result; `load(i)` pushes what is in input i.
 */
export function elementKernel(
  lowering: Lowering,
  key: string,
  inputs: number,
  prepare: (f: FunctionBuilder) => (load: (input: number) => void) => void,
  unroll = 4,
): Kernel {
  return lowering.kernel(key, inputs + 1, ({ f, args, from, to }) => {
    const output = args[inputs];
    if (output === undefined) return;
    const end = f.local('i32');
    f.get(output).get(to).i32Const(2).op('i32Shl', 'i32Add').set(end);
    for (const pointer of args) f.get(pointer).get(from).i32Const(2).op('i32Shl', 'i32Add').set(pointer);
    const write = prepare(f);
    emitSpan(f, { lead: output, end, others: args.slice(0, inputs), unroll }, (width, offset) => {
      f.get(output);
      write((input) => {
        const pointer = args[input];
        if (pointer !== undefined) emitLoad(f.get(pointer), width, offset);
      });
      emitStore(f, width, offset);
    });
  });
}
