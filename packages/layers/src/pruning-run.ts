import type { MaskStrategy, WeightView } from '@secateur/masks';
import type { PruningSchedule } from '@secateur/schedules';
import { PruningError } from './errors.js';
import type { MaskedWeight } from './masked-weight.js';

/** A layer in training: its masked weights, and where its schedule stands. */
export interface PrunedLayer {
  readonly name: string;
  readonly schedule: PruningSchedule;
  readonly strategy: MaskStrategy;
  readonly firstStep: number;
  readonly weights: readonly MaskedWeight[];
  /** How often the schedule was asked so far; the last step is `firstStep + evaluations - 1`. */
  evaluations: number;
  /** Called after each evaluation, so that the state can be stored. */
  readonly onEvaluated: (layer: PrunedLayer, masksChanged: boolean) => void;
  readonly onStop: () => void;
}

/** Pruned layers that share one ranking at this step. */
interface Ranking {
  readonly strategy: MaskStrategy;
  readonly sparsity: number;
  readonly weights: MaskedWeight[];
}

/**
 * Pruning under way: keeps the masks of a model while it trains. Made by {@link startPruning}, or by the callback
 * {@link updatePruningStep}, or by {@link pruneOptimizer}.
 */
export class PruningRun {
  readonly #layers: readonly PrunedLayer[];
  #stopped = false;

  constructor(layers: readonly PrunedLayer[]) {
    this.#layers = layers;
  }

  /**
   * To be awaited after each optimizer update. Counts the step, computes new masks where the schedule says so, and
   * sets the pruned weights to exactly zero.
   *
   * @throws PruningError after `stop()`.
   * @throws MaskError when a weight is NaN or infinite at a mask update.
   */
  async step(): Promise<void> {
    this.#assertRunning();
    await this.#evaluate(this.#layers);
  }

  /** Asks the schedules of layers that were never asked, before the first batch. Stops the run when that fails. */
  async begin(): Promise<void> {
    try {
      await this.#evaluate(this.#layers.filter((layer) => layer.evaluations === 0));
    } catch (error) {
      this.stop();
      throw error;
    }
    for (const layer of this.#layers) applyMasks(layer);
  }

  /** Whether the next `step()` computes new masks. */
  get updateIsNext(): boolean {
    return this.#layers.some((layer) => nextDecision(layer).update);
  }

  /** A `step()` that computes no new masks, without waiting. */
  stepWithoutUpdate(): void {
    this.#assertRunning();
    for (const layer of this.#layers) {
      applyMasks(layer);
      finish(layer, false);
    }
  }

  /** The pruned fraction of each layer's prunable weights, by layer name. */
  sparsity(): Record<string, number> {
    return Object.fromEntries(
      this.#layers.map(({ name, weights }) => {
        const size = weights.reduce((sum, { mask }) => sum + mask.length, 0);
        const kept = weights.reduce((sum, weight) => sum + weight.kept, 0);
        return [name, (size - kept) / size];
      }),
    );
  }

  /** Ends the run and frees what it holds on the device. The masks stay in the model. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const layer of this.#layers) {
      for (const weight of layer.weights) weight.dispose();
      layer.onStop();
    }
  }

  async #evaluate(layers: readonly PrunedLayer[]): Promise<void> {
    const rankings: Ranking[] = [];
    const updated = new Set<PrunedLayer>();
    for (const layer of layers) {
      const { update, sparsity } = nextDecision(layer);
      if (!update) continue;
      updated.add(layer);
      addToRankings(rankings, layer, sparsity);
    }
    await Promise.all(rankings.map(updateMasks));
    for (const layer of layers) {
      applyMasks(layer);
      finish(layer, updated.has(layer));
    }
  }

  #assertRunning(): void {
    if (this.#stopped)
      throw new PruningError('This pruning run has stopped: start another by startPruning(model)');
  }
}

function nextDecision({ schedule, firstStep, evaluations }: PrunedLayer): {
  update: boolean;
  sparsity: number;
} {
  return schedule.at(firstStep + evaluations);
}

function finish(layer: PrunedLayer, masksChanged: boolean): void {
  layer.evaluations += 1;
  layer.onEvaluated(layer, masksChanged);
}

function applyMasks({ weights }: PrunedLayer): void {
  for (const weight of weights) weight.apply();
}

function addToRankings(rankings: Ranking[], { strategy, weights }: PrunedLayer, sparsity: number): void {
  const shared =
    strategy.scope === 'model'
      ? rankings.find((ranking) => ranking.sparsity === sparsity && sameStrategy(ranking.strategy, strategy))
      : undefined;
  if (shared === undefined) rankings.push({ strategy, sparsity, weights: [...weights] });
  else shared.weights.push(...weights);
}

/** A saved model gives each layer a strategy object of its own, so equal configs count as the same. */
function sameStrategy(a: MaskStrategy, b: MaskStrategy): boolean {
  if (a === b) return true;
  const [configA, configB] = [a.getConfig?.(), b.getConfig?.()];
  return configA !== undefined && JSON.stringify(configA) === JSON.stringify(configB);
}

async function updateMasks({ strategy, sparsity, weights }: Ranking): Promise<void> {
  const views: WeightView[] = await Promise.all(weights.map((weight) => weight.view()));
  const masks = strategy.masks(views, sparsity);
  weights.forEach((weight, index) => {
    const mask = masks[index];
    if (mask?.length !== views[index]?.values.length) {
      throw new PruningError(`strategy: gave no mask that fits weight "${weight.name}"`, 'strategy', mask);
    }
    weight.setMask(mask as NonNullable<typeof mask>);
  });
}
