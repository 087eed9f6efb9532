import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Activation } from '../../graph/activation.js';
import type { Kernel, Lowering } from '../../program/lowering.js';
import { emitEpilogue, epilogueKey } from '../epilogue.js';
import { entryBytes, headerBytes } from './nonzero-stream.js';

/** What a product does with its sums at first and at last. */
export interface ProductPart {
  /** Whether they start with the bias; else with what is in `y`. */
  readonly isFirst: boolean;
  /** Whether the activation is applied. */
  readonly isLast: boolean;
}

/**
 * The kernel `(x, y, first byte of a stream, byte after it)` that computes the output channels of a stream for one tile of
 * `vectors` x 4 positions, which are next to each other in each channel.
 */
export function productKernel(
  lowering: Lowering,
  vectors: number,
  activation: Activation,
  { isFirst, isLast }: ProductPart,
): Kernel {
  const key = `unstructured-product(${vectors},${isFirst},${isLast && epilogueKey(activation)})`;
  return lowering.kernel(key, 2, ({ f, args, from, to }) => {
    const [x, y] = args as [Local, Local];
    const sums = f.locals('v128', vectors);
    const weight = f.local('v128');
    const slope = f.local('v128');
    const [end, target] = f.locals('i32', 2) as [Local, Local];
    const addEntry = emitEntry(f, x, sums, weight);
    f.block((none) => {
      f.get(from).get(to).op('i32GeU').brIf(none);
      f.loop((nextRow) => {
        f.get(from).i32Const(headerBytes).op('i32Add').get(from).memory('i32Load').op('i32Add').set(end);
        f.get(y).get(from).memory('i32Load', 8).op('i32Add').set(target);
        if (isFirst) f.get(from).memory('v128Load32Splat', 4).set(weight);
        sums.forEach((sum, index) => {
          if (isFirst) f.get(weight).set(sum);
          else
            f.get(target)
              .memory('v128Load', 16 * index)
              .set(sum);
        });
        if (isLast && activation.kind === 'prelu') f.get(from).memory('v128Load32Splat', 12).set(slope);
        f.get(from).i32Const(headerBytes).op('i32Add').set(from);
        f.block((done) => {
          f.get(from).get(end).op('i32GeU').brIf(done);
          f.loop((nextEntry) => {
            addEntry(from, () => f.get(from).get(end).op('i32GtU').brIf(done));
            f.get(from).i32Const(entryBytes).op('i32Add').tee(from).get(end).op('i32LtU').brIf(nextEntry);
          });
        });
        sums.forEach((sum, index) => {
          f.get(target).get(sum);
          if (isLast) emitEpilogue(f, activation, { temporary: weight, pushSlopes: () => f.get(slope) });
          f.memory('v128Store', 16 * index);
        });
        f.get(from).get(to).op('i32LtU').brIf(nextRow);
      });
    });
  });
}

/**
 * Adds the products of an entry to the sums. V8 loads all inputs before it multiplies the first, unless a branch is between
 * them. When they are too many for the registers, `separate` writes one that is never taken, though V8 can't know that.
 */
function emitEntry(
  f: FunctionBuilder,
  x: Local,
  sums: readonly Local[],
  weight: Local,
): (entry: Local, separate: () => void) => void {
  const at = f.local('i32');
  const both = f.local('i64');
  return (entry, separate) => {
    if (sums.length < 7) {
      f.get(entry).memory('v128Load32Splat').set(weight);
      f.get(x).get(entry).memory('i32Load', 4).op('i32Add').set(at);
    } else {
      // Two vectors can be loaded per cycle, so with many inputs it is faster to load the weight with the offset.
      f.get(entry)
        .memory('i64Load')
        .tee(both)
        .op('i32WrapI64', 'f32ReinterpretI32', 'f32x4Splat')
        .set(weight);
      f.get(x).get(both).i64Const(32).op('i64ShrU', 'i32WrapI64', 'i32Add').set(at);
    }
    sums.forEach((sum, index) => {
      if (sums.length > 7 && index === 4) separate();
      f.get(sum)
        .get(weight)
        .get(at)
        .memory('v128Load', 16 * index)
        .op('f32x4Mul', 'f32x4Add')
        .set(sum);
    });
  };
}
