import type { Mask } from './mask.js';
import type { WeightView } from './weight.js';

/** A value that JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A strategy as data: its kind and its parameters. */
export interface StrategyConfig {
  /** The name under which the strategy is registered. */
  readonly kind: string;
  readonly [parameter: string]: JsonValue;
}

/** The whole of a custom strategy: a pure function of one weight. `sparsity` is the fraction to prune, in [0, 1). */
export type MaskFunction = (weight: WeightView, sparsity: number) => Mask;

/** Which weights go. Pure and deterministic: the same weights give the same masks. */
export interface MaskStrategy {
  /** `tensor`: each weight is ranked by itself. `model`: all weights given to `masks` are ranked together. */
  readonly scope: 'tensor' | 'model';
  /** Whether whole output units are pruned, so that a pruned unit's bias goes with it. */
  readonly prunesUnits: boolean;
  /** One mask for each weight, in their order. */
  masks(weights: readonly WeightView[], sparsity: number): Mask[];
  /** The strategy as data. A model whose strategy has none can be trained and stripped, but not saved wrapped. */
  getConfig?(): StrategyConfig;
}
