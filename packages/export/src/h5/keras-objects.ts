import { isObject, type JsonObject } from '../json.js';
import { type LayerJson, unsupported } from './layer-config.js';

/** The initializers of tfjs, by their names there, from Keras's names. */
const initializers = new Map<string, string>(
  [
    ...['Zeros', 'Ones', 'Constant', 'RandomUniform', 'RandomNormal', 'TruncatedNormal', 'Identity'],
    ...['VarianceScaling', 'GlorotUniform', 'GlorotNormal', 'HeNormal', 'HeUniform', 'Orthogonal'],
  ].map((name) => [name, name] as const),
);
initializers.set('LecunNormal', 'LeCunNormal').set('LecunUniform', 'LeCunUniform');

const distributions: ReadonlySet<unknown> = new Set(['normal', 'uniform', 'truncated_normal']);

/**
 * An initializer. The weights come from the file, so one that tfjs hasn't becomes zeros: it would only matter if the
 * layer were built anew.
 */
export function readInitializer(value: unknown): unknown {
  if (!isObject(value)) return value;
  const className = initializers.get(String(value.class_name));
  if (className === undefined) return { class_name: 'Zeros', config: {} };
  const { scale, mode, distribution, seed, ...rest } = isObject(value.config) ? value.config : {};
  const config: JsonObject = { ...rest };
  for (const unknown of ['input_axes', 'output_axes', 'dtype']) delete config[unknown];
  if (seed !== undefined) config.seed = typeof seed === 'number' ? seed : null;
  if (className === 'VarianceScaling') {
    Object.assign(config, {
      scale,
      mode,
      distribution: distributions.has(distribution) ? distribution : 'normal',
    });
  }
  return { class_name: className, config };
}

/** A regularizer: tfjs has L1L2, which is L1 and L2 as well. */
export function readRegularizer(value: unknown, layer: LayerJson, file: string): unknown {
  if (value == null) return null;
  const { class_name: className, config } = isObject(value) ? value : {};
  if (!['L1', 'L2', 'L1L2'].includes(String(className)) || !isObject(config)) {
    throw unsupported(file, layer, `has the regularizer ${JSON.stringify(value)}, which tfjs hasn't`);
  }
  return { class_name: 'L1L2', config: { l1: config.l1 ?? 0, l2: config.l2 ?? 0 } };
}

/** A constraint. */
export function readConstraint(value: unknown, layer: LayerJson, file: string): unknown {
  if (value == null) return null;
  const { class_name: className, config } = isObject(value) ? value : {};
  if (!['MaxNorm', 'UnitNorm', 'NonNeg', 'MinMaxNorm'].includes(String(className)) || !isObject(config)) {
    throw unsupported(file, layer, `has the constraint ${JSON.stringify(value)}, which tfjs hasn't`);
  }
  return { class_name: className, config };
}

/** The name of a dtype or of a dtype policy. */
function dtypeName(dtype: unknown): unknown {
  return isObject(dtype) && isObject(dtype.config) ? dtype.config.name : dtype;
}

/** Throws unless a layer computes with numbers that float32 can stand for. */
export function floatPolicy(layer: LayerJson, file: string): void {
  const name = dtypeName(layer.config.dtype);
  const known = [undefined, null, 'float32', 'float64', 'mixed_float16', 'mixed_bfloat16'];
  if (!known.includes(name as string)) {
    throw unsupported(file, layer, `has the dtype ${JSON.stringify(name)}; tfjs computes in float32`);
  }
}

const inputDtypes = new Map<unknown, string>([
  [undefined, 'float32'],
  [null, 'float32'],
  ...['float16', 'bfloat16', 'float32', 'float64'].map((name) => [name, 'float32'] as const),
  ...['int8', 'uint8', 'int16', 'uint16', 'int32', 'int64'].map((name) => [name, 'int32'] as const),
  ['bool', 'bool'],
]);

/** The dtype of an input in tfjs. */
export function inputDtype(layer: LayerJson, file: string): string {
  const name = dtypeName(layer.config.dtype);
  const dtype = inputDtypes.get(name);
  if (dtype === undefined) throw unsupported(file, layer, `takes ${JSON.stringify(name)}, which tfjs hasn't`);
  return dtype;
}
