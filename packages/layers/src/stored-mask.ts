import { type Mask, maskFromWords } from '@secateur/masks';
import { tensor1d, tidy } from '@tensorflow/tfjs-core';
import { PruningError } from './errors.js';
import type { PrunableWeight } from './prunable.js';
import type { LayerVariable } from './tfjs.js';

/** A prunable weight of a wrapped layer, and the variable that stores its mask. */
export interface WrappedWeight extends PrunableWeight {
  /** Unique in the model: the layer's name and the weight's. */
  readonly name: string;
  /** int32, [ceil(size / 32)]: the mask's words. */
  readonly mask: LayerVariable;
}

/** The stored mask of a weight. Throws PruningError when it doesn't fit the weight. */
export async function readMask({ name, variable, mask }: WrappedWeight): Promise<Mask> {
  const words = await mask.read().data<'int32'>();
  try {
    return maskFromWords(variable.read().size, words);
  } catch (cause) {
    throw new PruningError(`The stored mask of "${name}" is damaged: ${String(cause)}`, name, words, cause);
  }
}

/** Stores a mask in its variable. */
export function writeMask(variable: LayerVariable, { words }: Mask): void {
  tidy(() => {
    variable.write(tensor1d(new Int32Array(words), 'int32'));
  });
}
