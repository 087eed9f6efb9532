import type { Local } from '@secateur/wasm-emit';
import type { Activation } from '../../graph/activation.js';
import type { Kernel, Lowering } from '../../program/lowering.js';
import { emitEpilogue, epilogueKey } from '../epilogue.js';
import { entryBytes, headerBytes } from './nonzero-stream.js';

/**
 * The kernel `(x, y, first byte of a stream, byte after it)` that computes the output channels of a stream for one tile of
 * `vectors` x 4 positions, which are next to each other in each channel.
 */
export function productKernel(lowering: Lowering, vectors: number, activation: Activation): Kernel {
  const key = `unstructured-product(${vectors},${epilogueKey(activation)})`;
  return lowering.kernel(key, 2, ({ f, args, from, to }) => {
    const [x, y] = args as [Local, Local];
    const sums = f.locals('v128', vectors);
    const weight = f.local('v128');
    const slope = f.local('v128');
    const entry = f.local('i64');
    const [end, at, target] = f.locals('i32', 3) as [Local, Local, Local];
    f.block((none) => {
      f.get(from).get(to).op('i32GeU').brIf(none);
      f.loop((nextRow) => {
        f.get(from).i32Const(headerBytes).op('i32Add').get(from).memory('i32Load').op('i32Add').set(end);
        f.get(from).memory('v128Load32Splat', 4).set(weight);
        for (const sum of sums) f.get(weight).set(sum);
        f.get(y).get(from).memory('i32Load', 8).op('i32Add').set(target);
        if (activation.kind === 'prelu') f.get(from).memory('v128Load32Splat', 12).set(slope);
        f.get(from).i32Const(headerBytes).op('i32Add').set(from);
        f.block((done) => {
          f.get(from).get(end).op('i32GeU').brIf(done);
          f.loop((nextEntry) => {
            f.get(from).memory('i64Load').tee(entry).op('i32WrapI64', 'f32ReinterpretI32', 'f32x4Splat');
            f.set(weight).get(x).get(entry).i64Const(32).op('i64ShrU', 'i32WrapI64', 'i32Add').set(at);
            sums.forEach((sum, index) => {
              f.get(sum)
                .get(weight)
                .get(at)
                .memory('v128Load', 16 * index)
                .op('f32x4Mul', 'f32x4Add');
              f.set(sum);
            });
            f.get(from).i32Const(entryBytes).op('i32Add').tee(from).get(end).op('i32LtU').brIf(nextEntry);
          });
        });
        sums.forEach((sum, index) => {
          f.get(target).get(sum);
          emitEpilogue(f, activation, { temporary: weight, pushSlopes: () => f.get(slope) });
          f.memory('v128Store', 16 * index);
        });
        f.get(from).get(to).op('i32LtU').brIf(nextRow);
      });
    });
  });
}

/** The vectors in each of the fewest tiles of at most `most`, as equal as can be, the larger first. */
export function balancedTiles(vectors: number, most: number): number[] {
  const tiles = Math.ceil(vectors / most);
  return Array.from({ length: tiles }, (_, index) => Math.ceil((vectors - index) / tiles));
}
