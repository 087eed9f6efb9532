import { serialization } from '@tensorflow/tfjs-core';
import { PruningError } from './errors.js';
import type { Layer } from './tfjs.js';

/** A layer as tfjs serializes it inside a model. */
export interface LayerConfig {
  /** The name under which the layer's class is registered with tfjs. */
  readonly className: string;
  /** What the layer's `getConfig()` gives. */
  readonly config: serialization.ConfigDict;
}

/** The layer of a config. Throws PruningError when its class is not registered. */
export function layerFromConfig(serialized: LayerConfig | undefined): Layer {
  const classes = serialization.SerializationMap.getMap().classNameMap;
  const className = serialized?.className ?? '';
  const entry = Object.hasOwn(classes, className) ? classes[className] : undefined;
  if (serialized === undefined || entry === undefined) {
    throw new PruningError(
      `layer: unknown class "${serialized?.className}"; register it by tf.serialization.registerClass first`,
      'layer',
      serialized?.className,
    );
  }
  const [cls, fromConfig] = entry;
  return fromConfig(cls, serialized.config) as unknown as Layer;
}
