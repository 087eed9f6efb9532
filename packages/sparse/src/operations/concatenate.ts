import type { Local } from '@secateur/wasm-emit';
import type { Concatenate } from '../graph/operation.js';
import { channelsOf, type Shape, sizeOf } from '../graph/shape.js';
import { later } from '../program/address.js';
import type { Kernel, Lowering } from '../program/lowering.js';
import { SparseError } from '../sparse-error.js';
import type { OperationRule } from './operation-rule.js';
import { emitLoad, emitSpan, emitStore } from './span.js';
import { emitUnits } from './unit-loop.js';

/** A step for each input; units are rows: stretches along the last axis. */
export const concatenate: OperationRule<Concatenate> = {
  outputShape(_, inputs) {
    const [first = []] = inputs;
    const outer = first.slice(0, -1);
    const fits = (shape: Shape) => shape.length > 0 && `${shape.slice(0, -1)}` === `${outer}`;
    const wrong = inputs.find((shape) => !fits(shape));
    if (inputs.length === 0 || wrong !== undefined) {
      throw new SparseError(`inputs of shapes [${first}] and [${wrong}] don't concatenate`, {
        option: 'input',
        value: wrong,
      });
    }
    return [...outer, inputs.reduce((sum, shape) => sum + channelsOf(shape), 0)];
  },
  bound: (_, bounds) => Math.max(0, ...bounds),
  lower(_, { inputs, output, lowering }) {
    const kernel = rowCopy(lowering);
    const rows = sizeOf(output.shape.slice(0, -1));
    const stride = 4 * channelsOf(output.shape);
    let offset = 0;
    for (const { address, shape } of inputs) {
      const bytes = 4 * channelsOf(shape);
      if (bytes > 0) lowering.step(kernel, [address, later(output.address, offset), bytes, stride], rows);
      offset += bytes;
    }
  },
};

/** Copies rows, its units. Its arguments are where to copy from and to, the bytes of a row and the bytes from one copy to the next. */
export function rowCopy(lowering: Lowering): Kernel {
  return lowering.kernel('copy rows', 4, (scope) => {
    const { f, args, from } = scope;
    const [source, target, rowBytes, stride] = args as [Local, Local, Local, Local];
    const [at, end] = f.locals('i32', 2) as [Local, Local];
    f.get(source).get(from).get(rowBytes).op('i32Mul', 'i32Add').set(source);
    f.get(target).get(from).get(stride).op('i32Mul', 'i32Add').set(target);
    emitUnits(scope, () => {
      f.get(source).get(rowBytes).op('i32Add').set(end).get(target).set(at);
      emitSpan(f, { lead: source, end, others: [at], unroll: 4 }, (width, offset) => {
        f.get(at);
        emitLoad(f.get(source), width, offset);
        emitStore(f, width, offset);
      });
      f.get(target).get(stride).op('i32Add').set(target);
    });
  });
}
