import type { Reshape } from '../graph/operation.js';
import { sizeOf } from '../graph/shape.js';
import { SparseError } from '../sparse-error.js';
import type { OperationRule } from './operation-rule.js';

/** Programs give the output the input's own memory where they can; `lower` copies. */
export const reshape: OperationRule<Reshape> = {
  outputShape({ shape }, [input = []]) {
    const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
    const open = shape.filter((size) => size === -1).length;
    const left = known === 0 ? 0 : sizeOf(input) / known;
    if (open > 1 || !Number.isInteger(left) || (open === 0 && left !== 1 && sizeOf(input) !== known)) {
      throw new SparseError(`a reshape to [${shape}] got an input of shape [${input}]`, {
        option: 'input',
        value: input,
      });
    }
    return shape.map((size) => (size === -1 ? left : size));
  },
  bound: (_, [bound = 0]) => bound,
  lower(_, { inputs: [input], output, lowering }) {
    if (input === undefined) return;
    const copy = lowering.kernel('copy', 2, ({ f, args: [from, to], from: first, to: end }) => {
      if (from === undefined || to === undefined) return;
      f.get(to).get(first).op('i32Add').get(from).get(first).op('i32Add');
      f.get(end).get(first).op('i32Sub').memoryCopy();
    });
    lowering.step(copy, [input.address, output.address], 4 * sizeOf(output.shape));
  },
};
