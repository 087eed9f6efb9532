import type { Activation } from '../graph/activation.js';

/** A bound of |activation(x)|, given one of |x|. */
export function activationBound(activation: Activation, bound: number): number {
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
