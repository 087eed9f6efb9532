import { ExportError } from '../export-error.js';
import { isObject } from '../json.js';
import { type LayerJson, unsupported } from './layer-config.js';

/** `[layer, node, tensor]`: one of the tensors that a layer gives. */
type TensorRef = [string, number, number];

/** The number, in tfjs, of a layer's call. */
export type CallOf = (layer: string, call: number) => number;

/** The calls of a layer in a functional model: for each, the tensors it is called on. Keras 2 and 3 write them differently. */
export function readInboundNodes(layer: LayerJson, callOf: CallOf, file: string): unknown[] {
  const nodes = layer.outer.inbound_nodes;
  if (!Array.isArray(nodes)) throw unsupported(file, layer, 'has no inbound_nodes');
  return nodes.map((node) => {
    const refs = isObject(node) ? keras3Call(node, layer, file) : keras2Call(node, layer, file);
    return refs.map(([name, call, t]) => [name, callOf(name, call), t, {}]);
  });
}

function keras2Call(node: unknown, layer: LayerJson, file: string): TensorRef[] {
  const calls = isTensorRef(node) ? [node] : node;
  if (!Array.isArray(calls)) throw unsupported(file, layer, 'has an inbound node that is not a list');
  return calls.map((call) => {
    if (!isTensorRef(call)) throw unsupported(file, layer, 'has an inbound node that names no layer');
    checkArguments((call as readonly unknown[])[3], layer, file);
    return [call[0], call[1], call[2]];
  });
}

function keras3Call(
  { args, kwargs }: { [key: string]: unknown },
  layer: LayerJson,
  file: string,
): TensorRef[] {
  checkArguments(kwargs, layer, file);
  const refs: TensorRef[] = [];
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) collect(item);
      return;
    }
    const config = isObject(value) && value.class_name === '__keras_tensor__' ? value.config : undefined;
    const history = isObject(config) ? config.keras_history : undefined;
    if (!isTensorRef(history))
      throw unsupported(file, layer, `is called on ${JSON.stringify(value)?.slice(0, 80)}`);
    refs.push([history[0], history[1], history[2]]);
  };
  collect(args);
  return refs;
}

/** The arguments that a layer is called with besides its inputs: nothing but defaults. */
function checkArguments(values: unknown, layer: LayerJson, file: string): void {
  if (values === undefined || values === null) return;
  if (!isObject(values)) throw unsupported(file, layer, 'is called with arguments that are no object');
  for (const [name, value] of Object.entries(values)) {
    if (value === null || (name === 'training' && value === false)) continue;
    throw unsupported(file, layer, `is called with ${name}=${JSON.stringify(value)?.slice(0, 80)}`);
  }
}

/** A model's inputs or outputs. Keras 3 writes a single one without the list around it. */
export function readLayerRefs(model: LayerJson, field: string, callOf: CallOf, file: string): TensorRef[] {
  const value = model.config[field];
  const refs = isTensorRef(value) ? [value] : value;
  if (!Array.isArray(refs) || refs.length === 0 || !refs.every(isTensorRef)) {
    throw new ExportError(`${file}: ${field} of '${model.name}' is not a list of tensors`, {
      file,
      option: field,
      value,
    });
  }
  return refs.map(([name, call, t]) => [name, callOf(name, call), t]);
}

function isTensorRef(value: unknown): value is TensorRef {
  return (
    Array.isArray(value) &&
    typeof value[0] === 'string' &&
    Number.isSafeInteger(value[1]) &&
    Number.isSafeInteger(value[2])
  );
}
