import { isObject } from '../json.js';
import { modelClasses } from './keras-classes.js';
import { type LayerJson, layersOf, readLayer, unsupported } from './layer-config.js';

/**
 * Throws when a model masks time steps and has a layer that tfjs runs without regard for the mask where Keras heeds it:
 * a global average over time, or a bidirectional layer that gives sequences.
 */
export function checkMasks(model: LayerJson, file: string): void {
  const layers = flatten(model, file);
  if (!layers.some(masks)) return;
  const deaf = layers.find(
    ({ className, config }) =>
      className === 'GlobalAveragePooling1D' ||
      (className === 'Bidirectional' && givesSequences(config.layer)),
  );
  if (deaf !== undefined)
    throw unsupported(file, deaf, 'heeds the mask of the model in Keras, and not in tfjs');
}

function flatten(model: LayerJson, file: string): LayerJson[] {
  return layersOf(model, file).flatMap((layer) =>
    modelClasses.has(layer.className) ? flatten(layer, file) : [layer, ...wrapped(layer, file)],
  );
}

function wrapped({ config, name }: LayerJson, file: string): LayerJson[] {
  if (!isObject(config.layer)) return [];
  const inner = readLayer(config.layer, `inside '${name}'`, file);
  return modelClasses.has(inner.className) ? flatten(inner, file) : [inner];
}

function masks({ className, config }: LayerJson): boolean {
  return className === 'Masking' || (className === 'Embedding' && config.mask_zero === true);
}

function givesSequences(layer: unknown): boolean {
  return isObject(layer) && isObject(layer.config) && layer.config.return_sequences === true;
}
