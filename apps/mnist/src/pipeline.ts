import { join } from 'node:path';
import { stripPruning } from '@secateur/export';
import { loadH5, saveH5 } from '@secateur/export/h5';
import { fileSize, nodeFile, type Sizes } from '@secateur/export/node';
import { pruneLowMagnitude, updatePruningStep, weightSparsity } from '@secateur/layers';
import { sparsify, toBare } from '@secateur/sparse';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import type { Examples } from './dataset.js';
import { accuracyOf } from './evaluate.js';
import type { Network } from './networks.js';
import type { Recipe } from './recipe.js';
import type { Row } from './row.js';
import { batchSize, type Progress, release, runTraining } from './training.js';
import { writeAtomically } from './write-atomically.js';

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

/** What a network is after pruning. */
export interface Pruned {
  readonly recipe: string;
  readonly epochs: number;
  readonly seconds: number;
  readonly model: LayersModel;
  /** The same network of plain layers, which is saved. */
  readonly plain: LayersModel;
  /** Where the file goes. */
  readonly folder: string;
}

/** The row of a network that was pruned by a recipe and stripped. */
export interface MaskedRow extends Row {
  readonly accuracy: Row['accuracy'] & {
    /** Of what `sparsify` makes of the loaded model. */
    readonly sparse: number;
  };
  /** Fraction of zeros in each layer of the loaded model. */
  readonly sparsity: Readonly<Record<string, number>>;
  readonly size: Row['size'] & { readonly bare: Sizes };
  readonly files: {
    /** The folder of the trained network. */
    readonly dense: string;
    /** The `.h5` file. */
    readonly pruned: string;
    /** The pruned network as a program that runs without TensorFlow.js. */
    readonly bare: string;
  };
}

/** Hears where a training is, and which it is where a row takes several. */
export type OnProgress = (progress: Progress, stage?: string) => void;

export function folderOf({ folder }: Workplace, seed: number, network: Network, name: string): string {
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

/**
 * Prunes a trained network while it trains on; then strips, saves, loads the file and evaluates that, on sparse kernels
 * too, and saves it as a bare model.
 */
export async function prune(
  place: Workplace,
  dense: Dense,
  recipe: Recipe,
  epochs: number,
  onProgress: OnProgress,
): Promise<MaskedRow> {
  const { network, seed } = dense;
  const folder = folderOf(place, seed, network, recipe.name);
  const images = place.train.labels.shape[0];
  const schedule = recipe.schedule(epochs * Math.ceil(images / batchSize));
  const { model, seconds } = await runTraining(
    {
      checkpoint: folder,
      epochs,
      seed: `${network.name} ${recipe.name} ${seed}`,
      begin: async () => {
        const trained = await loadLayersModel(nodeFile(dense.folder));
        const wrapped = pruneLowMagnitude(trained, { schedule });
        release(trained);
        return wrapped;
      },
      callbacks: () => [updatePruningStep()],
      onProgress,
    },
    place.train,
  );
  const plain = await stripPruning(model);
  const pruned = { recipe: recipe.name, epochs, seconds, model, plain, folder };
  const { row, reloaded, file } = await saveAndReload(place, dense, pruned);
  const sparsity = await weightSparsity(reloaded);
  const sparse = await sparsify(reloaded);
  const bare = join(folder, 'pruned_model.wasm');
  await writeAtomically(bare, await toBare(reloaded));
  const masked: MaskedRow = {
    ...row,
    accuracy: { ...row.accuracy, sparse: await accuracyOf(sparse, place.test) },
    sparsity,
    size: { ...row.size, bare: await fileSize(bare) },
    files: { dense: dense.folder, pruned: file, bare },
  };
  sparse.dispose();
  for (const each of [model, plain, reloaded]) release(each);
  return masked;
}

/** Saves a pruned network as `.h5`, loads the file, and evaluates before and after. */
export async function saveAndReload(
  place: Workplace,
  dense: Dense,
  { recipe, epochs, seconds, model, plain, folder }: Pruned,
): Promise<{ row: Row; reloaded: LayersModel; file: string }> {
  const file = join(folder, 'pruned_model.h5');
  await saveH5(plain, file);
  const reloaded = await loadH5(file);
  const row: Row = {
    network: dense.network.name,
    recipe,
    seed: dense.seed,
    epochs: { dense: dense.epochs, pruned: epochs },
    images: place.train.labels.shape[0],
    accuracy: {
      dense: dense.accuracy,
      pruned: await accuracyOf(model, place.test),
      reloaded: await accuracyOf(reloaded, place.test),
    },
    size: { dense: dense.size, pruned: await fileSize(file) },
    seconds: { dense: dense.seconds, pruned: seconds },
  };
  return { row, reloaded, file };
}
