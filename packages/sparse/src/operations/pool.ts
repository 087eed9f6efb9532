import type { Pool } from '../graph/operation.js';
import { channelsOf } from '../graph/shape.js';
import type { Window } from '../graph/window.js';
import type { Lowering } from '../program/lowering.js';
import type { Operand, OperationRule } from './operation-rule.js';
import { lowerWindow } from './window-kernel.js';
import { emitReduction } from './window-reduction.js';
import { windowShape } from './window-shape.js';

export const pool: OperationRule<Pool> = {
  outputShape: ({ window }, [shape = []]) => windowShape(window, shape, channelsOf(shape), channelsOf(shape)),
  bound({ mode, window }, [bound = 0]) {
    if (mayMissImage(window)) return Number.POSITIVE_INFINITY;
    return mode === 'max' ? bound : window.size[0] * window.size[1] * bound;
  },
  lower({ mode, window }, { inputs: [x], output, lowering }) {
    if (x !== undefined) lowerPool(mode, x, output, window, lowering);
  },
};

/** Adds the step that pools images. */
export function lowerPool(
  mode: Pool['mode'],
  x: Operand,
  y: Operand,
  window: Window,
  lowering: Lowering,
): void {
  const isMax = mode === 'max';
  lowerWindow(lowering, `pool ${mode}`, { x, y, window, extra: [] }, (scope) => {
    const { f, countX, countY } = scope;
    const value = f.local('v128');
    emitReduction(scope, {
      byRow: !isMax,
      fill() {
        if (isMax) f.f32Const(Number.NEGATIVE_INFINITY).op('f32x4Splat');
        else f.v128Zero();
      },
      join(into) {
        if (!isMax) {
          f.get(into).op('f32x4Add').set(into);
          return;
        }
        // Each `pmax` gives one of its operands, its first one if either is NaN. So they differ only for NaN, which stays NaN with
        // more bits set, and zeros of two signs. That is three instructions where `max` takes about eight.
        f.tee(value).get(into).op('f32x4Pmax').get(into).get(value).op('f32x4Pmax', 'v128Or').set(into);
      },
      finish() {
        if (!isMax) f.get(countY).get(countX).op('i32Mul', 'f32ConvertI32S', 'f32x4Splat', 'f32x4Div');
      },
    });
  });
}

/** Whether a window may have nothing but padding in it: its largest element is -infinity then, its mean NaN. */
function mayMissImage({ size, dilations, padding }: Window): boolean {
  if (padding === 'valid') return false;
  if (padding === 'same') return Math.max(...dilations) > 1;
  const { top, bottom, left, right } = padding;
  if (Math.max(...dilations) > 1) return top + bottom + left + right > 0;
  return Math.max(top, bottom) >= size[0] || Math.max(left, right) >= size[1];
}
