import type { NetworkName } from './networks.js';
import type { ScheduleCase } from './schedule-cases.js';

/** One training run that both sides make. */
export interface TrainingCase {
  readonly network: NetworkName;
  readonly optimizer: 'sgd' | 'momentum' | 'adam';
  readonly rate: number;
  readonly schedule: ScheduleCase;
  /** Of the initial weights. */
  readonly seed: number;
}

export const steps = 200;
export const batch = 32;

const constant: ScheduleCase = {
  kind: 'ConstantSparsity',
  parameters: { target_sparsity: 0.5, begin_step: 40, end_step: 200, frequency: 40 },
};
const polynomial: ScheduleCase = {
  kind: 'PolynomialDecay',
  parameters: { initial_sparsity: 0, final_sparsity: 0.8, begin_step: 0, end_step: 200, frequency: 40 },
};

const rates = {
  dense: { sgd: 0.05, momentum: 0.01, adam: 0.001 },
  conv: { sgd: 0.05, momentum: 0.01, adam: 0.001 },
  lstm: { sgd: 0.5, momentum: 0.05, adam: 0.005 },
} as const;

const run = (
  network: NetworkName,
  optimizer: TrainingCase['optimizer'],
  schedule: ScheduleCase,
  seed: number,
): TrainingCase => ({ network, optimizer, rate: rates[network][optimizer], schedule, seed });

/**
 * The seeds are those of runs in which the weights next to a threshold are never as close to each other as the two
 * sides' rounding: then the masks must be the same. Where they are closer, either may go, and neither side is wrong.
 */
export const trainingCases: readonly TrainingCase[] = [
  run('dense', 'sgd', constant, 5),
  run('dense', 'momentum', polynomial, 11),
  run('dense', 'adam', polynomial, 1),
  run('conv', 'sgd', polynomial, 8),
  run('conv', 'momentum', constant, 3),
  run('conv', 'adam', polynomial, 2),
  run('lstm', 'sgd', polynomial, 6),
  run('lstm', 'momentum', polynomial, 5),
  run('lstm', 'adam', constant, 2),
];
