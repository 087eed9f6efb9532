import { nothingToPrune, PruningError } from './errors.js';
import { canPrune } from './prunable.js';
import { checkWeightNames, type LayerPruning, type PruningSettings, settle } from './settings.js';
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
    const choice: unknown = this.#choiceFor(layer, path);
    if (choice === false) return undefined;
    if (choice !== undefined && (typeof choice !== 'object' || choice === null)) {
      throw new PruningError(
        `layers: the choice for layer "${path}" is ${choice}; it must be false, an object of options or undefined`,
        'layers',
        choice,
      );
    }
    const pruning: LayerPruning = { ...common, ...choice };
    checkWeightNames(pruning.weights, path);
    if (canPrune(layer, pruning.weights)) return settle(pruning, path);
    if (choice !== undefined && this.#isNamed(layer, path)) {
      throw nothingToPrune(`layer "${path}" (${layer.getClassName()})`);
    }
    return undefined;
  }

  /** Whether a key means this very layer. */
  #isNamed(layer: Layer, path: string): boolean {
    const { layers } = this.#options;
    return typeof layers === 'object' && (Object.hasOwn(layers, path) || Object.hasOwn(layers, layer.name));
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
