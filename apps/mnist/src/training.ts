import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFile } from '@secateur/export/node';
import { dispose, train } from '@tensorflow/tfjs-core';
import { type Callback, CustomCallback, type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import type { Examples } from './dataset.js';
import { shuffled } from './shuffle.js';

export const batchSize = 32;

/** A training run of some epochs, kept on disk after each of them. */
export interface Training {
  /** The folder of its checkpoint. */
  readonly checkpoint: string;
  readonly epochs: number;
  readonly seed: string;
  /** The model to begin with, when there is no checkpoint yet. Not compiled. */
  readonly begin: () => LayersModel | Promise<LayersModel>;
  /** Compiles what `begin` gives. Default: Adam, and the cross entropy of class numbers. */
  readonly compile?: (model: LayersModel) => void;
  /** Default {@link batchSize}. */
  readonly batchSize?: number;
  /** What an epoch is run with, by the number of those that are done. */
  readonly callbacks: (done: number) => Callback[];
  readonly onProgress: (progress: Progress) => void;
}

export interface Progress {
  /** From 1 on. */
  readonly epoch: number;
  readonly batch: number;
  readonly batches: number;
  /** Mean accuracy on the training set in the last whole epoch. */
  readonly accuracy: number | undefined;
}

/** What the checkpoint says of the training itself. */
interface Done {
  readonly epochs: number;
  readonly seconds: number;
  readonly accuracy: number | undefined;
}

/**
 * Trains and gives the model back, with the seconds it took. Every epoch begins from the checkpoint of the one before,
 * so that a run that was stopped goes on to the very same weights.
 */
export async function runTraining(
  training: Training,
  examples: Examples,
): Promise<{ model: LayersModel; seconds: number }> {
  let { model, done } = await resume(training);
  while (done.epochs < training.epochs) {
    const next = await runEpoch(training, model, done, examples);
    await save(training.checkpoint, model, next);
    release(model);
    ({ model, done } = await resume(training));
  }
  return { model, seconds: done.seconds };
}

const notBegun: Done = { epochs: 0, seconds: 0, accuracy: undefined };

async function resume({
  checkpoint,
  begin,
  compile = compileDefault,
}: Training): Promise<{ model: LayersModel; done: Done }> {
  if (!existsSync(join(checkpoint, 'model.json'))) {
    const model = await begin();
    compile(model);
    return { model, done: notBegun };
  }
  const model = await loadLayersModel(nodeFile(checkpoint));
  return { model, done: model.getUserDefinedMetadata() as Done };
}

function compileDefault(model: LayersModel): void {
  model.compile({ optimizer: train.adam(), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
}

async function save(checkpoint: string, model: LayersModel, done: Done): Promise<void> {
  model.setUserDefinedMetadata({ ...done });
  await model.save(nodeFile(checkpoint), { includeOptimizer: true });
}

async function runEpoch(
  training: Training,
  model: LayersModel,
  done: Done,
  examples: Examples,
): Promise<Done> {
  const started = performance.now();
  const { images, labels } = shuffled(examples, `${training.seed} ${done.epochs}`);
  const size = training.batchSize ?? batchSize;
  const batches = Math.ceil(labels.shape[0] / size);
  const epoch = done.epochs + 1;
  const report = (batch: number) => training.onProgress({ epoch, batch, batches, accuracy: done.accuracy });
  const { history } = await model.fit(images, labels, {
    epochs: 1,
    batchSize: size,
    shuffle: false,
    verbose: 0,
    yieldEvery: 100,
    callbacks: [
      ...training.callbacks(done.epochs),
      new CustomCallback({ onYield: (_, batch) => report(batch) }, 100),
    ],
  });
  dispose([images, labels]);
  const seconds = done.seconds + (performance.now() - started) / 1000;
  return { epochs: epoch, seconds, accuracy: history.acc?.[0] as number };
}

/** Frees a model and its optimizer. */
export function release(model: LayersModel): void {
  model.optimizer?.dispose();
  model.dispose();
}
