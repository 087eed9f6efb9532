import { stripPruning } from '@secateur/layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { bisection } from './bisection.js';
import { type Combine, channelScores } from './channel-scores.js';
import type { Criterion } from './criteria/criterion.js';
import { l1 } from './criteria/l1.js';
import { disposeModel } from './dispose-model.js';
import { latencyRatio } from './latency.js';
import { shrunkCopy } from './model-copies.js';
import { noRemoval, planOf, type StructurePlan } from './plan.js';
import { checkRanking, type RankingOptions, type RemovalOrder, removalOrder } from './removal-order.js';
import { type Removal, type Structure, structureOf } from './structure.js';
import { StructureError } from './structure-error.js';
import { type CostMeasure, checkedTarget, costOf, type StructureTarget, type Target } from './target.js';

/** Options of {@link planStructure}. */
export interface PlanOptions extends RankingOptions {
  /** How small the model is to be. */
  readonly target: StructureTarget;
  /** What a channel is worth. Default `l1()`. */
  readonly criterion?: Criterion;
  /** How the scores of the layers that share a channel make one. Default `mean`. */
  readonly combine?: Combine;
  /** Whether features of the model's inputs compete too. Default false. */
  readonly inputs?: boolean;
}

/**
 * Decides what to remove so that a model gets as small as the target says, and no smaller than the steps allow: a dry run,
 * nothing is changed. Channels go in the order of their scores, lowest first.
 *
 * @throws StructureError when an option is wrong, a weight is not finite, or the target can't be reached.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { planStructure, shrink } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 8, inputShape: [4], name: 'hidden' }), layers.dense({ units: 2, name: 'logits' })],
 * });
 * const plan = await planStructure(model, { target: { macs: 0.5 } });
 * console.log(plan.before.macs, plan.after.macs); // 48 24
 * const { model: small } = await shrink(model, { plan });
 * console.log(small.layers[0]?.outputShape); // [ null, 4 ]
 * ```
 */
export async function planStructure(model: LayersModel, options: PlanOptions): Promise<StructurePlan> {
  const target = checkedTarget(options.target);
  checkRanking(options);
  const plain = await stripPruning(model);
  try {
    const structure = structureOf(plain, { inputs: options.inputs === true });
    const { criterion = l1(), combine = 'mean' } = options;
    const scores = await channelScores(plain, structure, criterion, combine);
    const order = removalOrder(structure, scores, options);
    return planOf(structure, await removalFor(plain, structure, order, target));
  } finally {
    disposeModel(plain);
  }
}

/** The first removal that is small enough. */
async function removalFor(
  model: LayersModel,
  structure: Structure,
  order: RemovalOrder,
  { measure, kept }: Target,
): Promise<Removal> {
  const keptBy =
    measure === 'latency'
      ? (removed: Removal) => keptLatency(model, structure, removed)
      : (removed: Removal) => keptCost(structure, removed, measure);
  const least = await keptBy(order.at(order.steps));
  if (least > kept) {
    throw new StructureError(
      `target.${measure}: ${kept} can't be reached: with all gone that may go, ${least.toPrecision(3)} is left`,
      { option: `target.${measure}`, value: kept },
    );
  }
  const search = bisection(order.steps);
  let step = search.next();
  while (step.done !== true) step = search.next((await keptBy(order.at(step.value))) <= kept);
  return order.at(step.value);
}

function keptCost(structure: Structure, removed: Removal, measure: CostMeasure): number {
  const dense = costOf(structure, noRemoval(structure), measure);
  return dense === 0 ? 1 : costOf(structure, removed, measure) / dense;
}

async function keptLatency(model: LayersModel, structure: Structure, removed: Removal): Promise<number> {
  const shrunk = shrunkCopy(model, structure, removed);
  try {
    return await latencyRatio(model, structure, shrunk, removed);
  } finally {
    disposeModel(shrunk);
  }
}
