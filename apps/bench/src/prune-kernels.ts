import { applyMask, type MaskStrategy, type WeightView } from '@secateur/masks';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** Which weights to set to zero, and how many. */
export interface Pruning {
  readonly strategy: MaskStrategy;
  /** 0 to 1. */
  readonly sparsity: number;
}

/** Sets weights of all 1x1 convolutions and dense layers to zero, and leaves the others alone. */
export async function prunePointwise(model: LayersModel, { strategy, sparsity }: Pruning): Promise<void> {
  for (const layer of model.layers) {
    const [kernel, ...rest] = layer.getWeights();
    const kind = kernel && kindOf(layer.getClassName(), kernel.shape);
    if (kernel === undefined || kind === undefined) continue;
    const values = Float32Array.from(await kernel.data());
    for (const mask of strategy.masks([{ name: layer.name, kind, shape: kernel.shape, values }], sparsity))
      applyMask(values, mask);
    const pruned: Tensor = tensor(values, kernel.shape);
    layer.setWeights([pruned, ...rest]);
    pruned.dispose();
  }
}

function kindOf(className: string, shape: readonly number[]): WeightView['kind'] | undefined {
  if (className === 'Dense') return 'dense';
  if (className === 'Conv2D' && shape[0] === 1 && shape[1] === 1) return 'conv';
  return undefined;
}
