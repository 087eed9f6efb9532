import { PruningError } from './errors.js';
import { canPrune } from './prunable.js';
import { type LayerPruning, type PruningSettings, settle } from './settings.js';
import type { Layer } from './tfjs.js';

/** A choice for one layer: `false` leaves it alone, an object overrides the common options. */
export type LayerChoice = LayerPruning | false;

/** Options of {@link pruneLowMagnitude} and {@link pruneOptimizer}. */
export interface PruneOptions extends Omit<LayerPruning, 'weights'> {
  /**
   * Choices per layer: a function of the layer and its path (`undefined`: the common options hold), or a map by path,
   * name or class of the layer, the first found counting, with `'*'` for all others.
   */
  readonly layers?:
    | ((layer: Layer, path: string) => LayerChoice | undefined)
    | Readonly<Record<string, LayerChoice>>;
}

/** The choices of one call, made layer by layer. */
export class Choices {
  readonly #options: PruneOptions;
  readonly #unused: Set<string>;

  constructor(options: PruneOptions) {
    this.#options = options;
    this.#unused = new Set(typeof options.layers === 'object' ? Object.keys(options.layers) : []);
    this.#unused.delete('*');
  }

  /** How the layer is pruned; `undefined`: not at all. */
  settingsFor(layer: Layer, path: string): PruningSettings | undefined {
    const { layers: _, ...common } = this.#options;
    const choice = this.#choiceFor(layer, path);
    if (choice === false) return undefined;
    const pruning = { ...common, ...choice };
    return canPrune(layer, pruning.weights) ? settle(pruning, path) : undefined;
  }

  #choiceFor(layer: Layer, path: string): LayerChoice | undefined {
    const { layers } = this.#options;
    if (layers === undefined) return undefined;
    if (typeof layers === 'function') return layers(layer, path);
    const keys = [path, layer.name, layer.getClassName()].filter((key) => Object.hasOwn(layers, key));
    for (const key of keys) this.#unused.delete(key);
    return layers[keys[0] ?? '*'];
  }

  /** Throws PruningError when a key of `layers` matched no layer. */
  assertAllUsed(): void {
    const [first] = this.#unused;
    if (first !== undefined) {
      throw new PruningError(`layers: no layer has the path, name or class "${first}"`, 'layers', first);
    }
  }
}

export function nothingToPrune(what: string): PruningError {
  return new PruningError(
    `Nothing to prune in ${what}: its layers have no prunable weights, or all were left alone. ` +
      'Name weights by the option weights, or declare those of a custom layer by registerPrunable',
  );
}
