import type { Optimizer } from '@tensorflow/tfjs-core';
import { Callback } from '@tensorflow/tfjs-layers';
import { PruningError } from './errors.js';
import type { OptimizerPruningState } from './optimizer-state.js';
import { type PrunedLayer, PruningRun } from './pruning-run.js';

/** Pruning that an optimizer does. Made by {@link pruneOptimizer}. */
export class OptimizerPruning {
  readonly #layers: readonly PrunedLayer[];
  readonly #run: PruningRun;
  readonly #unhook: () => void;
  #updateIsDue = false;

  /** @internal Made by pruneOptimizer. */
  constructor(optimizer: Optimizer, layers: readonly PrunedLayer[]) {
    this.#layers = layers;
    this.#run = new PruningRun(layers);
    this.#unhook = hook(optimizer, {
      before: () => this.#assertUpdated(),
      after: () => {
        this.#updateIsDue = this.#run.updateIsNext;
        if (!this.#updateIsDue) this.#run.stepWithoutUpdate();
      },
    });
  }

  /** Asks the schedules for the first step, before the first batch. Called by {@link pruneOptimizer}. */
  async begin(): Promise<void> {
    try {
      await this.#run.begin();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /**
   * To be awaited after each optimizer update: computes new masks where they are due, and is free where not.
   *
   * @throws MaskError when a weight is NaN or infinite at a mask update.
   */
  async update(): Promise<void> {
    if (!this.#updateIsDue) return;
    await this.#run.step();
    this.#updateIsDue = false;
  }

  /** A callback for `fit` that calls {@link update} after each batch. */
  callback(): Callback {
    return new UpdateAfterBatch(this);
  }

  /** The pruned fraction of each layer's (or variable's) prunable weights. */
  sparsity(): Record<string, number> {
    return this.#run.sparsity();
  }

  /**
   * The masks and steps, to be stored beside the weights.
   *
   * @throws PruningError while a mask update is due that `update()` has not made yet.
   */
  state(): OptimizerPruningState {
    this.#assertUpdated();
    return {
      evaluations: Object.fromEntries(this.#layers.map(({ name, evaluations }) => [name, evaluations])),
      masks: Object.fromEntries(
        this.#layers.flatMap(({ weights }) => weights.map(({ name, mask }) => [name, mask.words.slice()])),
      ),
    };
  }

  /** Gives the optimizer back its own `applyGradients` and frees the masks. */
  stop(): void {
    this.#unhook();
    this.#run.stop();
  }

  #assertUpdated(): void {
    if (this.#updateIsDue) {
      throw new PruningError(
        'A mask update is due: await update() of the pruning after each optimizer update',
      );
    }
  }
}

/** Runs functions around each update of an optimizer, until the function that it returns is called. */
function hook(optimizer: Optimizer, { before, after }: { before(): void; after(): void }): () => void {
  let active = true;
  const own = Object.getOwnPropertyDescriptor(optimizer, 'applyGradients');
  const applyGradients = optimizer.applyGradients;
  const hooked: typeof applyGradients = (gradients) => {
    if (active) before();
    applyGradients.call(optimizer, gradients);
    if (active) after();
  };
  optimizer.applyGradients = hooked;
  return () => {
    active = false;
    // Another hook put around this one has to stay.
    if (optimizer.applyGradients !== hooked) return;
    Reflect.deleteProperty(optimizer, 'applyGradients');
    if (own !== undefined) Object.defineProperty(optimizer, 'applyGradients', own);
  };
}

class UpdateAfterBatch extends Callback {
  readonly #pruning: OptimizerPruning;

  constructor(pruning: OptimizerPruning) {
    super();
    this.#pruning = pruning;
  }

  override setModel(): void {}

  override onBatchEnd(): Promise<void> {
    return this.#pruning.update();
  }
}
