import type { PruningSchedule } from '@secateur/schedules';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { composeInputs, composePlans } from './compose-plans.js';
import { disposeModel } from './dispose-model.js';
import { noRemoval, type StructurePlan } from './plan.js';
import { type PlanOptions, planStructure } from './plan-structure.js';
import { type ShrinkOptions, type Shrunk, shrink } from './shrink.js';
import { structureOf } from './structure.js';
import { StructureError } from './structure-error.js';
import { type CostMeasure, checkedTarget, costOf, type StructureTarget, type Target } from './target.js';

/**
 * How small the model is to be: the fraction that is kept of one measure of the given model, or a schedule whose `sparsity`
 * at step i is the fraction that is gone after round i.
 */
export type ScheduledTarget =
  | StructureTarget
  | { readonly [measure in CostMeasure | 'latency']?: PruningSchedule };

/** One round of pruning. */
export interface PruningRound {
  /** The number of the round, from 0. */
  readonly round: number;
  /** How many rounds there are. */
  readonly rounds: number;
  /** What was removed so far, of the given model. */
  readonly plan: StructurePlan;
}

/** Options of {@link pruneStructure}. */
export interface PruneStructureOptions<T extends LayersModel = LayersModel>
  extends Omit<PlanOptions, 'target'>,
    Pick<ShrinkOptions, 'tolerance' | 'probe'> {
  /** How small the model is to be. */
  readonly target: ScheduledTarget;
  /** How many times to prune, with a schedule as target: its steps 0 to `rounds - 1`. Default 1. */
  readonly rounds?: number;
  /** Trains the smaller model on, after each round. It comes uncompiled. */
  readonly fineTune?: (model: T, round: PruningRound) => Promise<unknown> | unknown;
}

/**
 * Makes a model smaller until a target is met: in one shot, or a little at a time with training in between. After each round
 * the model really is smaller, so the later ones train faster. The given model stays as it is.
 *
 * @throws StructureError when an option is wrong, the target can't be reached, or the answers of a smaller model differ.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { randomNormal } from '@tensorflow/tfjs-core';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { polynomialDecay } from '@secateur/schedules';
 * import { pruneStructure } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 16, inputShape: [4] }), layers.dense({ units: 2 })],
 * });
 * const schedule = polynomialDecay({
 *   initialSparsity: 0.2, finalSparsity: 0.75, beginStep: 0, endStep: 3, frequency: 1,
 * });
 * const { model: small, plan } = await pruneStructure(model, {
 *   target: { macs: schedule },
 *   rounds: 4,
 *   fineTune: async (smaller) => {
 *     smaller.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 *     await smaller.fit(randomNormal([8, 4]), randomNormal([8, 2]), { verbose: 0 });
 *   },
 * });
 * console.log(plan.after.macs / plan.before.macs, small.countParams()); // 0.25 30
 * ```
 */
export async function pruneStructure<T extends LayersModel>(
  model: T,
  options: PruneStructureOptions<T>,
): Promise<Shrunk<T>> {
  const { target, rounds = 1, fineTune, tolerance, probe, ...planning } = options;
  const { measure, keptAfter } = checkedRounds(target, rounds);
  let current: Shrunk<T> | undefined;
  try {
    for (let round = 0; round < rounds; round++) {
      const base = current?.model ?? model;
      const kept = relativeTarget(
        model,
        base,
        measure,
        keptAfter(round),
        round === 0 ? 1 : keptAfter(round - 1),
      );
      const plan = await planStructure(base, { ...planning, target: { [measure]: kept } as StructureTarget });
      const next = await shrink(base, {
        plan,
        ...(tolerance !== undefined && { tolerance }),
        // It fits while the model takes the inputs that it was given for.
        ...(probe !== undefined && !current?.report.inputs.length && { probe }),
      });
      const earlier = current;
      current = earlier === undefined ? next : composed(earlier, next);
      if (earlier !== undefined) disposeModel(earlier.model);
      await fineTune?.(current.model, { round, rounds, plan: current.plan });
    }
  } catch (error) {
    if (current !== undefined) disposeModel(current.model);
    throw error;
  }
  return current as Shrunk<T>;
}

/** Two shrinkings, one after the other, as one. */
function composed<T extends LayersModel>(first: Shrunk<T>, second: Shrunk<T>): Shrunk<T> {
  return {
    model: second.model,
    plan: composePlans(first.plan, second.plan),
    report: { ...second.report, inputs: composeInputs(first.report.inputs, second.report.inputs) },
  };
}

/** The fraction of the model as it is now that is the wanted fraction of the original. */
function relativeTarget(
  original: LayersModel,
  now: LayersModel,
  measure: Target['measure'],
  wanted: number,
  before: number,
): number {
  // The time is not measured again: the last round met its target.
  if (measure === 'latency') return Math.min(1, wanted / before);
  const cost = (model: LayersModel) => {
    const structure = structureOf(model);
    return costOf(structure, noRemoval(structure), measure);
  };
  return Math.min(1, (wanted * cost(original)) / cost(now));
}

/** Reads the target and the number of rounds. */
function checkedRounds(
  target: ScheduledTarget,
  rounds: number,
): { measure: Target['measure']; keptAfter: (round: number) => number } {
  if (!(Number.isInteger(rounds) && rounds >= 1)) {
    throw new StructureError(`rounds must be an integer of at least 1, but is ${String(rounds)}`, {
      option: 'rounds',
      value: rounds,
    });
  }
  const [[measure, value] = []] = Object.entries(target ?? {}) as [string, unknown][];
  if (!isSchedule(value)) {
    const { measure: checked, kept } = checkedTarget(target);
    return { measure: checked, keptAfter: () => kept };
  }
  const keptAfter = (round: number) => 1 - value.at(round).sparsity;
  for (let round = 0; round < rounds; round++) checkedTarget({ [measure as string]: keptAfter(round) });
  return { measure: measure as Target['measure'], keptAfter };
}

function isSchedule(value: unknown): value is PruningSchedule {
  return typeof value === 'object' && value !== null && 'at' in value && typeof value.at === 'function';
}
