import type { LayerLike } from './layers-model-like.js';

/** The layer in a pruning wrapper, which does what its layer does; the layer itself otherwise. */
export function unwrap(layer: LayerLike): LayerLike {
  return layer.getClassName() === 'PruneLowMagnitude' ? unwrap(innerLayer(layer) ?? layer) : layer;
}

/** The layer that a wrapper holds. */
export function innerLayer(layer: LayerLike): LayerLike | undefined {
  return Reflect.get(layer, 'layer') as LayerLike | undefined;
}
