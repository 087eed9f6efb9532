import { stripPruning } from '@secateur/export';
import { nodeFile } from '@secateur/export/node';
import { polynomialDecay } from '@secateur/schedules';
import { pruneStructure } from '@secateur/structure';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { type Dense, folderOf, type OnProgress, saveAndReload, type Workplace } from './pipeline.js';
import type { Row } from './row.js';
import { release, runTraining } from './training.js';

/** Before and after. */
export interface Change<T> {
  readonly dense: T;
  readonly shrunk: T;
}

/** The row of a network that lost units. */
export interface ShrunkRow extends Row {
  /** The units of each layer with weights. */
  readonly widths: Change<readonly number[]>;
  readonly parameters: Change<number>;
  /** Multiply-adds of one image. */
  readonly macs: Change<number>;
  /** Where the models are that the stock loader opens. */
  readonly folders: Change<string>;
}

/** How often units go. */
export const shrinkRounds = 3;

/** The fraction of the multiply-adds that is gone after each round: a quarter, a half, three quarters. */
const gone = polynomialDecay({
  initialSparsity: 0.25,
  finalSparsity: 0.75,
  beginStep: 0,
  endStep: shrinkRounds - 1,
  frequency: 1,
  power: 1,
});

/**
 * Removes neurons and filters of a trained network, a few in each round, and trains on in between: a row for each round.
 * A run that was stopped prunes anew, which takes no time, and finds the training of each finished epoch on disk.
 */
export async function shrinkInRounds(
  place: Workplace,
  dense: Dense,
  epochs: number,
  onProgress: OnProgress,
): Promise<ShrunkRow[]> {
  const { network, seed } = dense;
  const rows: ShrunkRow[] = [];
  const trained = await loadLayersModel(nodeFile(dense.folder));
  const { model: smallest } = await pruneStructure(trained, {
    target: { macs: gone },
    rounds: shrinkRounds,
    roundTo: network.roundTo,
    fineTune: async (smaller, { round, plan }) => {
      const recipe = `${100 * (1 - gone.at(round).sparsity)} % of the MACs`;
      const folder = folderOf(place, seed, network, recipe);
      const { model, seconds } = await runTraining(
        {
          checkpoint: folder,
          epochs,
          seed: `${network.name} ${recipe} ${seed}`,
          begin: () => stripPruning(smaller), // a copy: the training frees what it begins with
          callbacks: () => [],
          onProgress: (progress) => onProgress(progress, recipe),
        },
        place.train,
      );
      smaller.setWeights(model.getWeights());
      const pruned = { recipe, epochs: (round + 1) * epochs, seconds, model, plain: model, folder };
      const { row, reloaded } = await saveAndReload(place, dense, pruned);
      rows.push({
        ...row,
        widths: { dense: widthsOf(trained), shrunk: widthsOf(reloaded) },
        parameters: { dense: plan.before.parameters, shrunk: reloaded.countParams() },
        macs: { dense: plan.before.macs, shrunk: plan.after.macs },
        folders: { dense: dense.folder, shrunk: folder },
      });
      for (const each of [model, reloaded]) release(each);
    },
  });
  for (const each of [trained, smallest]) release(each);
  return rows;
}

function widthsOf({ layers }: LayersModel): number[] {
  return layers
    .filter(({ weights }) => weights.length > 0)
    .map(({ outputShape }) => outputShape.at(-1) as number);
}
