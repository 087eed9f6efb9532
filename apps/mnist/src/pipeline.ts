import { join } from 'node:path';
import { stripPruning } from '@secateur/export';
import { loadH5, saveH5 } from '@secateur/export/h5';
import { fileSize, nodeFile, type Sizes } from '@secateur/export/node';
import { pruneLowMagnitude, updatePruningStep, weightSparsity } from '@secateur/layers';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import type { Examples } from './dataset.js';
import { accuracyOf } from './evaluate.js';
import type { Network } from './networks.js';
import type { Recipe } from './recipe.js';
import { batchSize, type Progress, release, runTraining } from './training.js';

/** What is common to all rows of a run. */
export interface Workplace {
  readonly folder: string;
  readonly train: Examples;
  readonly test: Examples;
}

/** A trained network, without pruning. */
export interface Dense {
  readonly network: Network;
  readonly seed: number;
  readonly epochs: number;
  /** Where its checkpoint is. */
  readonly folder: string;
  readonly accuracy: number;
  readonly size: Sizes;
  readonly seconds: number;
}

/** A row of the table: a network, trained, pruned by a recipe, stripped, saved and loaded again. */
export interface Row {
  readonly network: string;
  readonly recipe: string;
  readonly seed: number;
  readonly epochs: { readonly dense: number; readonly pruned: number };
  readonly images: number;
  readonly accuracy: { readonly dense: number; readonly pruned: number; readonly reloaded: number };
  /** Fraction of zeros in each layer of the loaded model. */
  readonly sparsity: Readonly<Record<string, number>>;
  readonly size: { readonly dense: Sizes; readonly pruned: Sizes };
  readonly seconds: { readonly dense: number; readonly pruned: number };
}

type OnProgress = (progress: Progress) => void;

function folderOf({ folder }: Workplace, seed: number, network: Network, name: string): string {
  return join(folder, `seed-${seed}`, network.name, name.replaceAll(/\W+/g, '-'));
}

/** Trains a network, and saves it as `.h5` for the size of the file. */
export async function trainDense(
  place: Workplace,
  network: Network,
  seed: number,
  epochs: number,
  onProgress: OnProgress,
): Promise<Dense> {
  const folder = folderOf(place, seed, network, 'dense');
  const { model, seconds } = await runTraining(
    {
      checkpoint: folder,
      epochs,
      seed: `${network.name} ${seed}`,
      begin: () => network.build(seed),
      callbacks: () => [],
      onProgress,
    },
    place.train,
  );
  const file = join(folder, 'model.h5');
  await saveH5(model, file);
  const dense: Dense = {
    network,
    seed,
    epochs,
    folder,
    accuracy: await accuracyOf(model, place.test),
    size: await fileSize(file),
    seconds,
  };
  release(model);
  return dense;
}

/** Prunes a trained network while it trains on; then strips, saves, loads the file and evaluates that. */
export async function prune(
  place: Workplace,
  dense: Dense,
  recipe: Recipe,
  epochs: number,
  onProgress: OnProgress,
): Promise<Row> {
  const { network, seed } = dense;
  const folder = folderOf(place, seed, network, recipe.name);
  const images = place.train.labels.shape[0];
  const schedule = recipe.schedule(epochs * Math.ceil(images / batchSize));
  const { model, seconds } = await runTraining(
    {
      checkpoint: folder,
      epochs,
      seed: `${network.name} ${recipe.name} ${seed}`,
      begin: async () => pruneLowMagnitude(await loadLayersModel(nodeFile(dense.folder)), { schedule }),
      callbacks: () => [updatePruningStep()],
      onProgress,
    },
    place.train,
  );
  const stripped = await stripPruning(model);
  const file = join(folder, 'pruned_model.h5');
  await saveH5(stripped, file);
  const reloaded = await loadH5(file);
  const row: Row = {
    network: network.name,
    recipe: recipe.name,
    seed,
    epochs: { dense: dense.epochs, pruned: epochs },
    images,
    accuracy: {
      dense: dense.accuracy,
      pruned: await accuracyOf(model, place.test),
      reloaded: await accuracyOf(reloaded, place.test),
    },
    sparsity: await weightSparsity(reloaded),
    size: { dense: dense.size, pruned: await fileSize(file) },
    seconds: { dense: dense.seconds, pruned: seconds },
  };
  for (const each of [model, stripped, reloaded]) release(each);
  return row;
}
