import type { Local } from '@secateur/wasm-emit';
import type { Softmax } from '../graph/operation.js';
import { channelsOf, sizeOf } from '../graph/shape.js';
import { SparseError } from '../sparse-error.js';
import { exponential } from './exponential.js';
import type { OperationRule } from './operation-rule.js';
import { emitLoad, emitSpan, emitStore } from './span.js';
import { emitUnits } from './unit-loop.js';

/** The first lane of the first of two vectors, then three of the second. */
const firstLane = [0, 1, 2, 3, 16, 17, 18, 19, 16, 17, 18, 19, 16, 17, 18, 19];

/** Units are rows: stretches along the last axis. */
export const softmax: OperationRule<Softmax> = {
  outputShape(_, [shape = []]) {
    if (shape.length === 0)
      throw new SparseError('a softmax got a scalar', { option: 'input', value: shape });
    return shape;
  },
  bound: () => 1,
  lower(_, { inputs: [x], output, lowering }) {
    if (x === undefined) return;
    const kernel = lowering.kernel('softmax', 3, (scope) => {
      const { f, args, from } = scope;
      const [source, target, bytes] = args as [Local, Local, Local];
      const [at, shift, end] = f.locals('i32', 3) as [Local, Local, Local];
      const [most, sum, lost, power, next] = f.locals('v128', 5) as [Local, Local, Local, Local, Local];
      const { emitExp } = exponential(f);
      f.get(from).get(bytes).op('i32Mul').set(shift);
      for (const pointer of [source, target]) f.get(pointer).get(shift).op('i32Add').set(pointer);
      emitUnits(scope, () => {
        emitMost();
        emitPowers();
        emitQuotients();
        f.get(source).get(bytes).op('i32Add').set(source);
      });

      /** The largest of the row, in all lanes. NaN may be left out: it makes the sum NaN. */
      function emitMost(): void {
        f.f32Const(Number.NEGATIVE_INFINITY).op('f32x4Splat').set(most);
        f.get(source).set(at).get(source).get(bytes).op('i32Add').set(end);
        emitSpan(f, { lead: at, end }, (width) => {
          f.get(most);
          emitLoad(f.get(at), width);
          f.op('f32x4Pmax').set(most);
        });
        for (const lane of [0, 1, 2]) f.get(most).f32x4ExtractLane(lane);
        f.get(most).f32x4ExtractLane(3).op('f32Max', 'f32Max', 'f32Max', 'f32x4Splat').set(most);
      }

      /** Writes e^(x - most), and adds them up with what rounding loses (Kahan). */
      function emitPowers(): void {
        f.v128Zero().tee(sum).set(lost);
        f.get(source).set(at);
        emitSpan(f, { lead: at, end, others: [target] }, (width) => {
          f.get(target);
          emitLoad(f.get(at), width);
          f.get(most).op('f32x4Sub');
          emitExp();
          f.tee(power);
          emitStore(f, width);
          f.get(power);
          // A single float is in all lanes; it counts once.
          if (width === 'single') f.v128Zero().i8x16Shuffle(firstLane);
          f.get(lost).op('f32x4Sub').tee(power).get(sum).op('f32x4Add').tee(next);
          f.get(sum).op('f32x4Sub').get(power).op('f32x4Sub').set(lost).get(next).set(sum);
        });
        for (const lane of [0, 1, 2]) f.get(sum).f32x4ExtractLane(lane);
        f.get(sum).f32x4ExtractLane(3).op('f32Add', 'f32Add', 'f32Add', 'f32x4Splat').set(sum);
      }

      /** Divides by the sum; the target is at the end of the row before and after. */
      function emitQuotients(): void {
        f.f32Const(1).op('f32x4Splat').get(sum).op('f32x4Div').set(sum);
        f.get(target).set(end).get(target).get(bytes).op('i32Sub').set(target);
        emitSpan(f, { lead: target, end }, (width) => {
          f.get(target);
          emitLoad(f.get(target), width);
          f.get(sum).op('f32x4Mul');
          emitStore(f, width);
        });
      }
    });
    const channels = channelsOf(x.shape);
    if (channels === 0) return;
    lowering.step(kernel, [x.address, output.address, 4 * channels], sizeOf(x.shape) / channels);
  },
};
