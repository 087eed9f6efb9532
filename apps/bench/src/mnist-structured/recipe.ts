import type { RankingScope } from '@secateur/structure';
import type { NetworkName } from '../networks.js';

/** A stretch of training: the learning rate rises to its peak, then falls along half a cosine to 0. */
export interface Phase {
  readonly epochs: number;
  readonly learningRate: number;
}

/** How a network is trained, and then pruned and trained on, again and again. */
export interface Recipe {
  readonly network: NetworkName;
  readonly dense: Phase;
  /** After each pruning. */
  readonly pruned: Phase;
  /** The curves that are drawn, by name. */
  readonly curves: Readonly<Record<string, Curve>>;
}

/** Points of one curve: each is pruned from the one before, the first from the dense network. */
export interface Curve {
  /** The multiply-adds that are kept, as fractions of the dense network's, falling. */
  readonly kept: readonly number[];
  /** Whether input features are selected too. */
  readonly inputs: boolean;
  /** Default `layer`: every layer loses the same fraction. `model`: all units are ranked together. */
  readonly scope?: RankingScope;
}

/** The batch size of all training. */
export const batchSize = 100;

/** The pull of each kernel towards 0, per step and learning rate. */
export const weightDecay = 5e-4;

const kept: readonly number[] = [0.5, 0.35, 0.25, 0.15, 0.1, 0.06];

/** The recipes of the record; they were chosen on 10,000 training images that were held out. */
export const recipes: readonly Recipe[] = [
  {
    network: 'lenet-300-100',
    dense: { epochs: 30, learningRate: 0.1 },
    pruned: { epochs: 12, learningRate: 0.1 },
    curves: {
      'lenet-300-100': { kept, inputs: false },
      // Down to the multiply-adds of RigL's 375-62-51. How much each layer and the image lose is for the scores to say.
      'lenet-300-100-inputs': { kept: [0.5, 0.3, 0.17, 0.1011], inputs: true, scope: 'model' },
    },
  },
  {
    network: 'lenet-5',
    dense: { epochs: 10, learningRate: 0.02 },
    pruned: { epochs: 5, learningRate: 0.02 },
    curves: { 'lenet-5': { kept, inputs: false } },
  },
];

/** The same with little training and few points: to see that it runs. */
export function quick(recipe: Recipe): Recipe {
  const curves = Object.entries(recipe.curves).map(([name, curve]) => [
    name,
    { ...curve, kept: [0.5, 0.25] },
  ]);
  return {
    ...recipe,
    dense: { ...recipe.dense, epochs: 3 },
    pruned: { ...recipe.pruned, epochs: 2 },
    curves: Object.fromEntries(curves),
  };
}
