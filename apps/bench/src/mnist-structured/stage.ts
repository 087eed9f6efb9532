import type { Examples } from '@secateur-app/mnist/dataset';
import { runTraining } from '@secateur-app/mnist/training';
import { train } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { CosineLearningRate } from './cosine-learning-rate.js';
import { batchSize, type Phase } from './recipe.js';

/** A phase of training with a checkpoint of its own. */
export interface Stage {
  /** What is said on stderr. */
  readonly title: string;
  /** The folder of its checkpoint. */
  readonly folder: string;
  readonly seed: number;
  readonly phase: Phase;
  /** The model to begin with. */
  readonly begin: () => Promise<LayersModel>;
}

/** Trains, or goes on where an earlier run was stopped, and gives the model back. */
export async function runStage(stage: Stage, examples: Examples): Promise<LayersModel> {
  const { title, folder, seed, phase, begin } = stage;
  const { epochs, learningRate } = phase;
  const batches = Math.ceil(examples.labels.shape[0] / batchSize);
  let shown = '';
  const { model } = await runTraining(
    {
      checkpoint: folder,
      epochs,
      seed: `${title} ${seed}`,
      begin,
      compile: (model) =>
        model.compile({
          optimizer: train.momentum(learningRate, 0.9, true),
          loss: 'sparseCategoricalCrossentropy',
          metrics: ['accuracy'],
        }),
      batchSize,
      callbacks: (done) => [
        new CosineLearningRate(learningRate, { done: done * batches, total: epochs * batches }),
      ],
      onProgress: ({ epoch, accuracy }) => {
        const before = accuracy === undefined ? '' : `, ${(100 * accuracy).toFixed(2)} % right in the last`;
        const text = `${title}, seed ${seed}: epoch ${epoch} of ${epochs}${before}`;
        if (text !== shown) console.error(text);
        shown = text;
      },
    },
    examples,
  );
  return model;
}
