/** tfmot's parameters, by tfmot's names. */
export interface ScheduleCase {
  readonly kind: 'ConstantSparsity' | 'PolynomialDecay';
  readonly parameters: Readonly<Record<string, number>>;
}

/** A schedule that is evaluated at every step from 0. */
export interface ValueCase extends ScheduleCase {
  readonly steps: number;
}

const constant = (target_sparsity: number, begin_step: number, end_step: number, frequency: number) =>
  ({ kind: 'ConstantSparsity', parameters: { target_sparsity, begin_step, end_step, frequency } }) as const;

const polynomial = (
  initial_sparsity: number,
  final_sparsity: number,
  begin_step: number,
  end_step: number,
  power: number,
  frequency: number,
) =>
  ({
    kind: 'PolynomialDecay',
    parameters: { initial_sparsity, final_sparsity, begin_step, end_step, power, frequency },
  }) as const;

/** Schedules that both sides accept. */
export const valueCases: readonly ValueCase[] = [
  { kind: 'ConstantSparsity', parameters: { target_sparsity: 0.5, begin_step: 0 }, steps: 450 },
  {
    kind: 'ConstantSparsity',
    parameters: { target_sparsity: 0.9, begin_step: 7, end_step: 260 },
    steps: 450,
  },
  { ...constant(0, 0, -1, 1), steps: 30 },
  { ...constant(0.1, 3, -1, 1), steps: 60 },
  { ...constant(0.3, 10, 40, 10), steps: 80 },
  { ...constant(0.333, 10, 45, 10), steps: 80 },
  { ...constant(0.75, 5, 5, 1), steps: 20 },
  { ...constant(0.999, 0, 0, 3), steps: 20 },
  { ...constant(0.8, 100, 200, 17), steps: 300 },
  {
    kind: 'PolynomialDecay',
    parameters: { initial_sparsity: 0, final_sparsity: 0.8, begin_step: 0, end_step: 400 },
    steps: 500,
  },
  { ...polynomial(0, 0.8, 0, 100, 3, 1), steps: 150 },
  { ...polynomial(0.5, 0.9, 20, 220, 3, 20), steps: 300 },
  { ...polynomial(0, 0.9, 0, 60, 1, 5), steps: 90 },
  { ...polynomial(0.1, 0.7, 3, 101, 1, 7), steps: 150 },
  { ...polynomial(0, 0.95, 10, 210, 2, 50), steps: 300 },
  { ...polynomial(0.25, 0.75, 0, 7, 2, 1), steps: 20 },
  { ...polynomial(0.9, 0.2, 5, 95, 3, 9), steps: 120 },
  { ...polynomial(0.6, 0.6, 0, 33, 3, 11), steps: 50 },
  { ...polynomial(0, 0.5, 0, 1, 3, 1), steps: 10 },
  { ...polynomial(0, 0.99, 1, 300, 4, 13), steps: 320 },
  { ...polynomial(0.05, 0.85, 2, 120, 0.5, 4), steps: 150 },
  { ...polynomial(0.3, 0.6, 4, 84, 1.5, 10), steps: 110 },
  { ...polynomial(0.2, 0.8, 0, 100000, 3, 100), steps: 400 },
];

/** begin_step == end_step: at that step tfmot divides 0 by 0. */
export const zeroLengthCases: readonly ValueCase[] = [
  { ...polynomial(0.2, 0.8, 5, 5, 3, 1), steps: 12 },
  { ...polynomial(0, 0.8, 0, 0, 3, 1), steps: 6 },
];

/** Parameters on and beyond the edge of what tfmot accepts. */
export const refusalCases: readonly ScheduleCase[] = [
  constant(0.5, -1, -1, 100),
  constant(0.5, 0, -2, 100),
  constant(0.5, 10, 9, 100),
  constant(0.5, 10, 0, 100),
  constant(0.5, 0, -1, 0),
  constant(0.5, 0, -1, -5),
  constant(1, 0, -1, 100),
  constant(1.5, 0, -1, 100),
  constant(-0.1, 0, -1, 100),
  polynomial(0, 0.8, -1, 10, 3, 1),
  polynomial(0, 0.8, 0, -1, 3, 1),
  polynomial(0, 0.8, 0, -2, 3, 1),
  polynomial(0, 0.8, 10, 9, 3, 1),
  polynomial(0, 0.8, 0, 10, 3, 0),
  polynomial(0, 0.8, 0, 10, 3, -1),
  polynomial(-0.1, 0.8, 0, 10, 3, 1),
  polynomial(1, 0.8, 0, 10, 3, 1),
  polynomial(0, 1, 0, 10, 3, 1),
  polynomial(0, -0.5, 0, 10, 3, 1),
  constant(0, 0, 0, 1),
  constant(0.999999, 10, 10, 1),
  polynomial(0, 0, 0, 1, 3, 1),
  polynomial(0.999999, 0, 3, 4, 3, 1),
];

/** What tfmot lets through, and what comes of it. */
export const uncheckedCases: readonly (ScheduleCase & { readonly consequence: string })[] = [
  { ...polynomial(0, 0.8, 0, 10, -1, 1), consequence: 'a negative power ends at an infinite sparsity' },
  {
    ...polynomial(0, 0.8, 0, 10, 0, 1),
    consequence: 'with power 0 the sparsity never leaves its initial value',
  },
  {
    ...constant(0.5, 0, -1, 0.5),
    consequence: 'a frequency of half a step fails at its first use, not where it is set',
  },
  {
    ...constant(0.5, 0.5, -1, 1),
    consequence: 'half a step to begin at fails at its first use, not where it is set',
  },
];
