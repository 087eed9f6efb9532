import { type Mask, maskFromWords, onesMask } from '@secateur/masks';
import { PruningError } from './errors.js';

/** Where pruning by an optimizer stands: plain data, to be stored beside the weights. */
export interface OptimizerPruningState {
  /** How often the schedules were asked, by layer. */
  readonly evaluations: Readonly<Record<string, number>>;
  /** The masks' words, by weight. */
  readonly masks: Readonly<Record<string, Uint32Array>>;
}

/** Throws PruningError when the state is not even the shape of one. */
export function checkState(state: OptimizerPruningState): void {
  const { evaluations, masks }: Partial<OptimizerPruningState> = state ?? {};
  for (const [part, value] of Object.entries({ evaluations, masks })) {
    if (typeof value !== 'object' || value === null) {
      throw new PruningError(`state: its ${part} must be an object, as state() gives it`, 'state', value);
    }
  }
}

/** The step of a layer; 0 without a state. */
export function evaluationsIn(state: OptimizerPruningState | undefined, layer: string): number {
  if (state === undefined) return 0;
  const evaluations = Object.hasOwn(state.evaluations, layer) ? state.evaluations[layer] : undefined;
  if (evaluations === undefined || !Number.isInteger(evaluations) || evaluations < 0) {
    throw new PruningError(`state: it has no step of "${layer}"`, 'state', evaluations);
  }
  return evaluations;
}

/** The mask of a weight of `size` elements; all ones without a state. */
export function maskIn(state: OptimizerPruningState | undefined, name: string, size: number): Mask {
  if (state === undefined) return onesMask(size);
  const words: unknown = Object.hasOwn(state.masks, name) ? state.masks[name] : undefined;
  if (!ArrayBuffer.isView(words)) {
    throw new PruningError(`state: it has no mask of "${name}", as a Uint32Array`, 'state', words);
  }
  try {
    return maskFromWords(size, words as Uint32Array);
  } catch (cause) {
    throw new PruningError(
      `state: the mask of "${name}" doesn't fit: ${String(cause)}`,
      'state',
      words,
      cause,
    );
  }
}
