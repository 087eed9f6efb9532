import type { Local } from '@secateur/wasm-emit';
import { emitLoad, emitStore, type Width } from './span.js';
import type { WindowScope } from './window-kernel.js';

/** How to reduce what a window sees of a channel. */
export interface Reduction {
  /** Whether rows are added up on their own first, so that sums of many have less to lose. */
  readonly byRow: boolean;
  /** Pushes what to start from. */
  fill(): void;
  /** Pops a vector of the image and joins it to what there is; `loadTap` pushes that of a filter that is laid out like the window. */
  join(into: Local, loadTap: () => void): void;
  /** Replaces the total on top of the stack by the result; `load` pushes a vector of constants per channel. */
  finish(load: (constants: Local) => void): void;
}

type Six = [Local, Local, Local, Local, Local, Local];

/** Reduces all channels at a position: 16 at a time, then 4, then one. `filter` is where the first tap's first channel is. */
export function emitReduction(scope: WindowScope, reduction: Reduction, filter?: Local): void {
  const { f, origin, target, bytes, firstY, firstX, countX, countY, sizeX, stepX, stepY } = scope;
  const [channel, at, rowAt, ys, xs, tapAt] = f.locals('i32', 6) as Six;
  const [tapRowAt, end] = f.locals('i32', 2) as [Local, Local];
  const allTotals = f.locals('v128', 4);
  const allPartials = reduction.byRow ? f.locals('v128', 4) : allTotals;
  f.i32Const(0).set(channel);
  emitGroups(4, 'vector');
  emitGroups(1, 'vector');
  emitGroups(1, 'single');

  /** Reduces groups of channels while there are enough. */
  function emitGroups(vectors: number, width: Width): void {
    const step = width === 'vector' ? 16 * vectors : 4;
    f.block((done) => {
      f.loop((next) => {
        f.get(channel).i32Const(step).op('i32Add').tee(end).get(bytes).op('i32GtU').brIf(done);
        emitGroup(vectors, width);
        f.get(end).set(channel).br(next);
      });
    });
  }

  function emitGroup(vectors: number, width: Width): void {
    const totals = allTotals.slice(0, vectors);
    const partials = allPartials.slice(0, vectors);
    emitFill(totals);
    f.get(countY);
    f.if(() => {
      f.get(countX);
      f.if(() => {
        f.get(origin).get(channel).op('i32Add').set(rowAt).get(countY).set(ys);
        if (filter !== undefined) {
          f.get(firstY).get(sizeX).op('i32Mul').get(firstX).op('i32Add').get(bytes).op('i32Mul');
          f.get(filter).op('i32Add').get(channel).op('i32Add').set(tapRowAt);
        }
        f.loop((nextY) => {
          if (reduction.byRow) emitFill(partials);
          f.get(rowAt).set(at).get(tapRowAt).set(tapAt).get(countX).set(xs);
          f.loop((nextX) => {
            partials.forEach((sum, index) => {
              emitLoad(f.get(at), width, 16 * index);
              reduction.join(sum, () => emitLoad(f.get(tapAt), width, 16 * index));
            });
            f.get(at).get(stepX).op('i32Add').set(at);
            if (filter !== undefined) f.get(tapAt).get(bytes).op('i32Add').set(tapAt);
            f.get(xs).i32Const(1).op('i32Sub').tee(xs).brIf(nextX);
          });
          if (reduction.byRow) {
            totals.forEach((total, index) => {
              f.get(total)
                .get(partials[index] ?? total)
                .op('f32x4Add')
                .set(total);
            });
          }
          f.get(rowAt).get(stepY).op('i32Add').set(rowAt);
          f.get(tapRowAt).get(sizeX).get(bytes).op('i32Mul', 'i32Add').set(tapRowAt);
          f.get(ys).i32Const(1).op('i32Sub').tee(ys).brIf(nextY);
        });
      });
    });
    totals.forEach((total, index) => {
      f.get(target).get(channel).op('i32Add').get(total);
      reduction.finish((constants) =>
        emitLoad(f.get(constants).get(channel).op('i32Add'), width, 16 * index),
      );
      emitStore(f, width, 16 * index);
    });
  }

  function emitFill(locals: readonly Local[]): void {
    for (const local of locals) {
      reduction.fill();
      f.set(local);
    }
  }
}
