import type { SGDOptimizer } from '@tensorflow/tfjs-core';
import { Callback } from '@tensorflow/tfjs-layers';

/** The share of the steps in which the learning rate rises. */
const warmUp = 0.03;

/** Where a training is, in steps. */
export interface Steps {
  /** Those before this epoch. */
  readonly done: number;
  readonly total: number;
}

/** Sets the learning rate before each step: up in a line for a moment, then down along half a cosine to 0. */
export class CosineLearningRate extends Callback {
  readonly #peak: number;
  readonly #steps: Steps;

  constructor(peak: number, steps: Steps) {
    super();
    this.#peak = peak;
    this.#steps = steps;
  }

  override async onBatchBegin(batch: number): Promise<void> {
    const { done, total } = this.#steps;
    const optimizer = this.model.optimizer as SGDOptimizer;
    optimizer.setLearningRate(this.#peak * cosineWithWarmUp((done + batch + 1) / total));
  }
}

/** The factor of the learning rate, by the fraction of the training that will be done after the step. */
export function cosineWithWarmUp(progress: number): number {
  return Math.min(1, progress / warmUp) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
}
