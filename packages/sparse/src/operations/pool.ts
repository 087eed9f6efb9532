import type { Local } from '@secateur/wasm-emit';
import type { Pool } from '../graph/operation.js';
import { channelsOf } from '../graph/shape.js';
import type { Window } from '../graph/window.js';
import type { OperationRule } from './operation-rule.js';
import { poolWriter } from './pool-writer.js';
import { lowerWindow, type WindowScope } from './window-kernel.js';
import { windowShape } from './window-shape.js';

export const pool: OperationRule<Pool> = {
  outputShape: ({ window }, [shape = []]) => windowShape(window, shape, channelsOf(shape), channelsOf(shape)),
  bound({ mode, window }, [bound = 0]) {
    if (mayMissImage(window)) return Number.POSITIVE_INFINITY;
    return mode === 'max' ? bound : window.size[0] * window.size[1] * bound;
  },
  lower({ mode, window }, { inputs: [x], output, lowering }) {
    if (x === undefined) return;
    lowerWindow(lowering, `pool ${mode}`, { x, y: output, window, extra: [] }, (scope) =>
      emitPool(mode, scope),
    );
  },
};

/** Whether a window may have nothing but padding in it: its largest element is -infinity then, its mean NaN. */
function mayMissImage({ size, dilations, padding }: Window): boolean {
  if (padding === 'valid') return false;
  if (padding === 'same') return Math.max(...dilations) > 1;
  const { top, bottom, left, right } = padding;
  if (Math.max(...dilations) > 1) return top + bottom + left + right > 0;
  return Math.max(top, bottom) >= size[0] || Math.max(left, right) >= size[1];
}

type Load = 'v128Load' | 'v128Load32Zero';

/** Pools all channels at a position: 16 at a time, then 4, then one. */
function emitPool(mode: Pool['mode'], scope: WindowScope): void {
  const { f, origin, target, bytes, countX, countY, stepX, stepY } = scope;
  const [channel, to, at, rowAt, ys, xs] = f.locals('i32', 6) as [Local, Local, Local, Local, Local, Local];
  const divisor = f.local('v128');
  const combine = poolWriter(f);
  const allTotals = f.locals('v128', 4);
  const allPartials = f.locals('v128', 4);
  f.get(countY).get(countX).op('i32Mul', 'f32ConvertI32S', 'f32x4Splat').set(divisor);
  f.get(bytes).set(channel).get(target).set(to);
  emitGroups(64, 4, 'v128Load');
  emitGroups(16, 1, 'v128Load');
  emitGroups(4, 1, 'v128Load32Zero');

  /** Pools groups of channels while there are enough. */
  function emitGroups(step: number, vectors: number, load: Load): void {
    f.block((done) => {
      f.loop((next) => {
        f.get(channel).i32Const(step).op('i32LtU').brIf(done);
        emitGroup(vectors, load);
        for (const pointer of [origin, to]) f.get(pointer).i32Const(step).op('i32Add').set(pointer);
        f.get(channel).i32Const(step).op('i32Sub').set(channel).br(next);
      });
    });
  }

  /** Means add up rows first, so that sums of many have less to lose. */
  function emitGroup(vectors: number, load: Load): void {
    const totals = allTotals.slice(0, vectors);
    const partials = allPartials.slice(0, vectors);
    emitFill(totals);
    f.block((done) => {
      f.get(countY).op('i32Eqz').brIf(done).get(countX).op('i32Eqz').brIf(done);
      f.get(origin).set(rowAt).get(countY).set(ys);
      f.loop((nextY) => {
        if (mode === 'average') emitFill(partials);
        f.get(rowAt).set(at).get(countX).set(xs);
        f.loop((nextX) => {
          (mode === 'max' ? totals : partials).forEach((sum, index) => {
            f.get(at).memory(load, 16 * index);
            combine(mode, sum);
          });
          f.get(at).get(stepX).op('i32Add').set(at);
          f.get(xs).i32Const(1).op('i32Sub').tee(xs).brIf(nextX);
        });
        if (mode === 'average') {
          totals.forEach((total, index) => {
            f.get(total)
              .get(partials[index] ?? total)
              .op('f32x4Add')
              .set(total);
          });
        }
        f.get(rowAt).get(stepY).op('i32Add').set(rowAt);
        f.get(ys).i32Const(1).op('i32Sub').tee(ys).brIf(nextY);
      });
    });
    totals.forEach((total, index) => {
      f.get(to).get(total);
      if (mode === 'average') f.get(divisor).op('f32x4Div');
      if (load === 'v128Load') f.memory('v128Store', 16 * index);
      else f.laneMemory('v128Store32Lane', 0);
    });
  }

  function emitFill(locals: readonly Local[]): void {
    for (const local of locals) {
      if (mode === 'max') f.f32Const(Number.NEGATIVE_INFINITY).op('f32x4Splat').set(local);
      else f.v128Zero().set(local);
    }
  }
}
