import { StructureError } from '../structure-error.js';
import type { ChannelCriterion } from './criterion.js';

/** Options of {@link random}. */
export interface RandomOptions {
  /** An integer: the same seed gives the same scores on every machine. */
  readonly seed: number;
}

/**
 * Scores by chance, uniform in [0, 1): what every other criterion should beat. They depend on the seed, and the order of the
 * groups and channels in the model, not on the weights.
 *
 * @throws StructureError when `seed` is not an integer.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { planStructure, random } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 8, inputShape: [4], name: 'hidden' }), layers.dense({ units: 2, name: 'logits' })],
 * });
 * const plan = await planStructure(model, { target: { macs: 0.5 }, criterion: random({ seed: 1 }) });
 * console.log(plan.layers[0]?.remove.length); // 4
 * ```
 */
export function random({ seed }: RandomOptions): ChannelCriterion {
  if (!Number.isSafeInteger(seed)) {
    throw new StructureError(`seed must be an integer, but is ${String(seed)}`, {
      option: 'seed',
      value: seed,
    });
  }
  return {
    kind: 'random',
    prepare: async () => {
      const next = generator(seed);
      return async ({ group }) => [Float64Array.from({ length: group.channels }, next)];
    },
  };
}

/** Mulberry32, by T. Ettinger: numbers in [0, 1), from 32-bit integers alone. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
