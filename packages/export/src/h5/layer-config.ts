import { ExportError } from '../export-error.js';
import { isObject, type JsonObject } from '../json.js';

/** A layer as JSON holds it. */
export interface LayerJson {
  readonly className: string;
  readonly name: string;
  readonly config: JsonObject;
  /** The fields of the object around the configuration, `inbound_nodes` among them. */
  readonly outer: JsonObject;
}

/** Reads a layer's JSON. `where` says which layer it is when it has no name. */
export function readLayer(json: unknown, where: string, file: string): LayerJson {
  if (!isObject(json) || typeof json.class_name !== 'string' || !isObject(json.config)) {
    throw new ExportError(`${file}: ${where} has no class_name and config`, { file, option: where });
  }
  const name = typeof json.config.name === 'string' ? json.config.name : where;
  return { className: json.class_name, name, config: json.config, outer: json };
}

/** The layers of a model's configuration. */
export function layersOf({ config, name }: LayerJson, file: string): LayerJson[] {
  if (!Array.isArray(config.layers)) {
    throw new ExportError(`${file}: the model '${name}' has no list of layers`, { file, option: 'layers' });
  }
  return config.layers.map((layer, l) => readLayer(layer, `layer ${l} of '${name}'`, file));
}

/** The error for a layer that can't be converted. */
export function unsupported(file: string, { name, className }: LayerJson, why: string): ExportError {
  return new ExportError(`${file}: layer '${name}' (${className}) ${why}`, {
    file,
    option: name,
    value: className,
  });
}
