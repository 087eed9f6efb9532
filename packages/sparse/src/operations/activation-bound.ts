import type { Activation } from '../graph/activation.js';

/** Below it nothing in float32 overflows. */
const overflow = 1e38;

/** A bound of |activation(x)|, given one of |x|. */
export function activationBound(activation: Activation, bound: number): number {
  // x may be NaN, which stays NaN.
  if (!(bound <= overflow)) return Number.POSITIVE_INFINITY;
  switch (activation.kind) {
    case 'relu6':
      return Math.min(bound, 6);
    case 'sigmoid':
    case 'tanh':
      return 1;
    case 'leakyRelu':
    case 'elu':
      return bound * Math.max(1, Math.abs(activation.alpha));
    case 'prelu':
      return bound * activation.slopes.reduce((most, slope) => Math.max(most, Math.abs(slope)), 1);
    default:
      return bound;
  }
}
