import { constantSparsity, type PruningSchedule, polynomialDecay } from '@secateur/schedules';

/** How a trained network is pruned. */
export interface Recipe {
  readonly name: string;
  readonly schedule: (steps: number) => PruningSchedule;
}

/** The tutorial's own. */
const constant50: Recipe = {
  name: '50 % constant',
  schedule: () => constantSparsity({ targetSparsity: 0.5, beginStep: 0, frequency: 100 }),
};

/** Sparsity grows for the first two thirds of the steps; the rest is for the network to settle. */
function polynomial(finalSparsity: number): Recipe {
  return {
    name: `${100 * finalSparsity} % polynomial`,
    schedule: (steps) =>
      polynomialDecay({
        initialSparsity: 0,
        finalSparsity,
        beginStep: 0,
        endStep: Math.ceil((2 * steps) / 3),
        frequency: Math.min(100, Math.ceil(steps / 30)),
      }),
  };
}

export const recipes: readonly Recipe[] = [constant50, polynomial(0.8), polynomial(0.9)];
