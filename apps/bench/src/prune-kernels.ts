import { applyMask, type MaskStrategy, type WeightView } from '@secateur/masks';
import { tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** Which weights to set to zero, and how many. */
export interface Pruning {
  readonly strategy: MaskStrategy;
  /** 0 to 1. */
  readonly sparsity: number;
}

/** Sets weights of all 1x1 convolutions and dense layers to zero, and leaves the others alone. */
export function prunePointwise(model: LayersModel, pruning: Pruning): Promise<void> {
  return prune(model, pruning, (shape) => shape.slice(0, -2).every((size) => size === 1));
}

/** Sets weights of all convolutions that are not depthwise, and of dense layers, to zero. */
export function pruneKernels(model: LayersModel, pruning: Pruning): Promise<void> {
  return prune(model, pruning, () => true);
}

const kinds: Readonly<Record<string, WeightView['kind']>> = { Conv2D: 'conv', Dense: 'dense' };

async function prune(
  model: LayersModel,
  { strategy, sparsity }: Pruning,
  isPruned: (shape: readonly number[]) => boolean,
): Promise<void> {
  for (const layer of model.layers) {
    const kind = kinds[layer.getClassName()];
    const [kernel, ...rest] = layer.getWeights();
    if (kind === undefined || kernel === undefined || !isPruned(kernel.shape)) continue;
    const values = Float32Array.from(await kernel.data());
    for (const mask of strategy.masks([{ name: layer.name, kind, shape: kernel.shape, values }], sparsity))
      applyMask(values, mask);
    const pruned = tensor(values, kernel.shape);
    layer.setWeights([pruned, ...rest]);
    pruned.dispose();
  }
}
