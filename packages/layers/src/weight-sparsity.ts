import type { LayersModel } from '@tensorflow/tfjs-layers';
import { unwrap } from './clone-model.js';
import { prunableWeights } from './prunable.js';
import { type Container, isContainer, type Layer } from './tfjs.js';

/**
 * The fraction of zeros in the prunable weights of each layer of a built model, by path: what was reached, whether the
 * model is wrapped, stripped, loaded from a file or was never pruned.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { weightSparsity } from '@secateur/layers';
 *
 * const model = sequential({ layers: [layers.dense({ name: 'first', units: 4, inputShape: [8] })] });
 * console.log(await weightSparsity(model)); // { first: 0 }
 * ```
 */
export async function weightSparsity(model: LayersModel): Promise<Record<string, number>> {
  const layers = layersOf(model, '').filter(({ layer }) => prunableWeights(layer).length > 0);
  const entries = layers.map(async ({ path, layer }) => [path, await zeroFraction(layer)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function layersOf(model: Container, prefix: string): { path: string; layer: Layer }[] {
  return model.layers.flatMap((layer) => {
    const path = prefix + layer.name;
    return isContainer(layer) ? layersOf(layer, `${path}/`) : [{ path, layer: unwrap(layer) }];
  });
}

async function zeroFraction(layer: Layer): Promise<number> {
  const weights = await Promise.all(
    prunableWeights(layer).map(({ variable }) => variable.read().data<'float32'>()),
  );
  const zeros = weights.reduce(
    (sum, values) => sum + values.reduce((count, value) => count + Number(value === 0), 0),
    0,
  );
  return zeros / weights.reduce((sum, { length }) => sum + length, 0);
}
