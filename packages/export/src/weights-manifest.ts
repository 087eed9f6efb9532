import type { io } from '@tensorflow/tfjs-core';
import { ExportError } from './export-error.js';
import { isObject } from './json.js';

/** The weights of one group of files, and how many bytes they take where that doesn't depend on the values. */
export interface ManifestGroup {
  readonly paths: readonly string[];
  readonly weights: readonly io.WeightsManifestEntry[];
  /** The bytes of all weights; undefined with string weights, whose length is in the data. */
  readonly byteLength: number | undefined;
}

const bytesPerValue: ReadonlyMap<unknown, number> = new Map([
  ['float32', 4],
  ['int32', 4],
  ['bool', 1],
  ['complex64', 8],
]);
const quantizedBytes: ReadonlyMap<unknown, number> = new Map([
  ['float16', 2],
  ['uint16', 2],
  ['uint8', 1],
]);

/** Reads the `weightsManifest` field of a model.json. Every field is checked; the paths are not yet. */
export function readManifest(manifest: unknown, file: string): ManifestGroup[] {
  const names = new Set<string>();
  return list(manifest, 'weightsManifest', file).map((group, g) => {
    const field = `weightsManifest[${g}]`;
    if (!isObject(group)) throw wrong(file, field, group, 'an object');
    const paths = list(group.paths, `${field}.paths`, file).map((path, p) => {
      if (typeof path !== 'string') throw wrong(file, `${field}.paths[${p}]`, path, 'a string');
      return path;
    });
    const weights = list(group.weights, `${field}.weights`, file).map((entry, w) =>
      readEntry(entry, `${field}.weights[${w}]`, file),
    );
    for (const { name } of weights) {
      if (names.has(name)) throw new ExportError(`${file}: weight '${name}' is named twice`, { file });
      names.add(name);
    }
    return { paths, weights, byteLength: byteLengthOf(weights, file) };
  });
}

/** The bytes that weights take together; undefined if there are strings among them. */
export function byteLengthOf(weights: readonly io.WeightsManifestEntry[], file: string): number | undefined {
  let total = 0;
  for (const { name, shape, dtype, quantization } of weights) {
    if (dtype === 'string') return undefined;
    const size =
      quantization === undefined ? bytesPerValue.get(dtype) : quantizedBytes.get(quantization.dtype);
    total += (size ?? 0) * shape.reduce((product, length) => product * length, 1);
    if (!Number.isSafeInteger(total)) {
      throw new ExportError(`${file}: weight '${name}' of shape [${shape}] is too large`, {
        file,
        option: 'shape',
        value: shape,
      });
    }
  }
  return total;
}

function readEntry(entry: unknown, field: string, file: string): io.WeightsManifestEntry {
  if (!isObject(entry)) throw wrong(file, field, entry, 'an object');
  const { name, shape, dtype, group, quantization } = entry;
  if (typeof name !== 'string' || name === '' || name === '__proto__') {
    throw wrong(file, `${field}.name`, name, 'a name');
  }
  const sizes = list(shape, `${field}.shape`, file).map((size) => {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw wrong(file, `${field}.shape`, shape, 'non-negative integers');
    }
    return size;
  });
  const read: io.WeightsManifestEntry = { name, shape: sizes, dtype: readDtype(dtype, field, file) };
  if (group !== undefined) {
    if (group !== 'model' && group !== 'optimizer') {
      throw wrong(file, `${field}.group`, group, "'model' or 'optimizer'");
    }
    read.group = group;
  }
  if (quantization !== undefined) {
    read.quantization = readQuantization(quantization, read.dtype, `${field}.quantization`, file);
  }
  return read;
}

function readDtype(dtype: unknown, field: string, file: string): io.WeightsManifestEntry['dtype'] {
  switch (dtype) {
    case 'float32':
    case 'int32':
    case 'bool':
    case 'string':
    case 'complex64':
      return dtype;
    default:
      throw wrong(file, `${field}.dtype`, dtype, 'float32, int32, bool, string or complex64');
  }
}

function readQuantization(
  quantization: unknown,
  dtype: string,
  field: string,
  file: string,
): NonNullable<io.WeightsManifestEntry['quantization']> {
  if (!isObject(quantization)) throw wrong(file, field, quantization, 'an object');
  const { dtype: stored, scale, min } = quantization;
  if (stored === 'float16') {
    if (dtype !== 'float32') throw wrong(file, `${field}.dtype`, stored, `a dtype that holds ${dtype}`);
    return { dtype: stored };
  }
  if (stored !== 'uint8' && stored !== 'uint16') {
    throw wrong(file, `${field}.dtype`, stored, 'uint8, uint16 or float16');
  }
  if (dtype !== 'float32' && dtype !== 'int32') {
    throw wrong(file, `${field}.dtype`, stored, `nothing, as ${dtype} can't be quantized`);
  }
  if (typeof scale !== 'number' || !Number.isFinite(scale)) {
    throw wrong(file, `${field}.scale`, scale, 'a finite number');
  }
  if (typeof min !== 'number' || !Number.isFinite(min))
    throw wrong(file, `${field}.min`, min, 'a finite number');
  return { dtype: stored, scale, min };
}

function list(value: unknown, field: string, file: string): unknown[] {
  if (!Array.isArray(value)) throw wrong(file, field, value, 'a list');
  return value;
}

function wrong(file: string, field: string, value: unknown, allowed: string): ExportError {
  const got = JSON.stringify(value)?.slice(0, 100) ?? 'nothing';
  return new ExportError(`${file}: ${field} is ${got}; it must be ${allowed}`, {
    file,
    option: field,
    value,
  });
}
