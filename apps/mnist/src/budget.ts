import type { Network } from './networks.js';
import type { Recipe } from './recipe.js';

/** How many epochs a row gets. */
export interface Budget {
  readonly dense: (network: Network) => number;
  readonly pruned: (network: Network, recipe: Recipe) => number;
  /** After each removal of units. */
  readonly round: (network: Network) => number;
}

/** The tutorial's 5 + 5 for every row. */
export const full: Budget = { dense: () => 5, pruned: () => 5, round: () => 5 };

/** About three minutes on two cores: the tutorial as it is written, the other rows shorter. */
export const short: Budget = {
  dense: (network) => (network.name === 'dense' ? 5 : 2),
  pruned: (network, recipe) => {
    if (network.name !== 'dense') return 1;
    return recipe.name === '50 % constant' ? 5 : 2;
  },
  round: (network) => (network.name === 'dense' ? 2 : 1),
};
