import type { Activation } from '../graph/activation.js';
import { floats } from './numbers.fixture.js';
import type { Random } from './random.fixture.js';

export const activationKinds = [
  'linear',
  'relu',
  'relu6',
  'leakyRelu',
  'prelu',
  'elu',
  'sigmoid',
  'tanh',
  'swish',
] as const;
export type ActivationKind = (typeof activationKinds)[number];

/** An activation; slopes are such that products of small whole numbers with them are exact. */
export function activationOf(kind: ActivationKind, channels: number, random: Random): Activation {
  const slopes = [0, 0.25, 0.5, 1, 2, -0.5];
  switch (kind) {
    case 'leakyRelu':
      return { kind, alpha: random.pick(slopes) };
    case 'elu':
      return { kind, alpha: random.pick([1, 0.5, 2]) };
    case 'prelu':
      return { kind, slopes: floats(channels, () => random.pick(slopes)) };
    default:
      return { kind };
  }
}
