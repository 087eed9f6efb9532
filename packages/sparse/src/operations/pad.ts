import type { Local } from '@secateur/wasm-emit';
import type { Pad } from '../graph/operation.js';
import { SparseError } from '../sparse-error.js';
import type { OperationRule } from './operation-rule.js';
import { emitUnits } from './unit-loop.js';

/** Units are rows of all padded images. */
export const pad: OperationRule<Pad> = {
  outputShape({ top, bottom, left, right }, [shape = []]) {
    const [batch = 0, height = 0, width = 0, channels = 0] = shape;
    if (shape.length !== 4) {
      throw new SparseError(`a padding of images got an input of shape [${shape}]`, {
        option: 'input',
        value: shape,
      });
    }
    return [batch, top + height + bottom, left + width + right, channels];
  },
  bound: (_, [bound = 0]) => bound,
  lower({ top, left, right }, { inputs: [x], output, lowering }) {
    if (x === undefined) return;
    const [, height = 0, width = 0, channels = 0] = x.shape;
    const [batch = 0, outHeight = 0] = output.shape;
    const kernel = lowering.kernel('pad', 8, (scope) => {
      const { f, args, from } = scope;
      const [source, target, before, inside, after, above, inHeight, wholeHeight] = args as [
        ...[Local, Local, Local, Local],
        ...[Local, Local, Local, Local],
      ];
      const [row, image, whole] = f.locals('i32', 3) as [Local, Local, Local];
      f.get(before).get(inside).op('i32Add').get(after).op('i32Add').set(whole);
      f.get(target).get(from).get(whole).op('i32Mul', 'i32Add').set(target);
      emitUnits(scope, () => {
        f.get(from).get(wholeHeight).op('i32DivU').set(image);
        f.get(from).get(image).get(wholeHeight).op('i32Mul', 'i32Sub').get(above).op('i32Sub').set(row);
        f.block((done) => {
          // Rows above the image are below 0, so beyond its height without a sign.
          f.get(row).get(inHeight).op('i32GeU');
          f.if(() => f.get(target).i32Const(0).get(whole).memoryFill().br(done));
          f.get(before);
          f.if(() => f.get(target).i32Const(0).get(before).memoryFill());
          f.get(target).get(before).op('i32Add');
          f.get(image).get(inHeight).op('i32Mul').get(row).op('i32Add').get(inside).op('i32Mul');
          f.get(source).op('i32Add').get(inside).memoryCopy();
          f.get(after);
          f.if(() => {
            f.get(target).get(before).op('i32Add').get(inside).op('i32Add');
            f.i32Const(0).get(after).memoryFill();
          });
        });
        f.get(target).get(whole).op('i32Add').set(target);
      });
    });
    const bytes = 4 * channels;
    const rows = [bytes * left, bytes * width, bytes * right, top, height, outHeight];
    lowering.step(kernel, [x.address, output.address, ...rows], batch * outHeight);
  },
};
