import type { Budget } from './budget.js';
import type { Network } from './networks.js';
import { type Dense, type MaskedRow, type OnProgress, prune, type Workplace } from './pipeline.js';
import { recipes } from './recipe.js';
import type { Row } from './row.js';
import { type ShrunkRow, shrinkInRounds, shrinkRounds } from './shrink.js';

/** Something that is done with a trained network. */
interface Pruning<R extends Row> {
  readonly title: string;
  readonly run: (place: Workplace, dense: Dense, onProgress: OnProgress) => Promise<R[]>;
}

/** What is done with each network. */
export type Prunings<R extends Row> = (network: Network, budget: Budget) => Pruning<R>[];

/** Weights become zero: a pruning for each recipe. */
export const byMasks: Prunings<MaskedRow> = (network, budget) =>
  recipes.map((recipe) => {
    const epochs = budget.pruned(network, recipe);
    return {
      title: `prune, ${recipe.name}, ${epochs} epochs`,
      run: async (place, dense, onProgress) => [await prune(place, dense, recipe, epochs, onProgress)],
    };
  });

/** Neurons and filters go: one pruning in rounds. */
export const byStructure: Prunings<ShrunkRow> = (network, budget) => {
  const epochs = budget.round(network);
  return [
    {
      title: `remove units, ${shrinkRounds} rounds of ${epochs} epochs`,
      run: (place, dense, onProgress) => shrinkInRounds(place, dense, epochs, onProgress),
    },
  ];
};
