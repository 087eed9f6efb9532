import { type DataType, type NamedTensorMap, slice, Tensor } from '@tensorflow/tfjs-core';
import type { ImportedInput } from './import/imported-model.js';
import { SparseError } from './sparse-error.js';

/** What a model is run on: one tensor for each input, in order or by name. */
export type ModelInputs = Tensor | readonly Tensor[] | NamedTensorMap;

/** The tensors in the order of the inputs, all of fitting shapes. */
export function checkInputs(inputs: readonly ImportedInput[], given: ModelInputs): readonly Tensor[] {
  const tensors = inOrder(inputs, given);
  if (tensors.length !== inputs.length) {
    throw refuse(`the model has ${inputs.length} inputs, but got ${tensors.length} tensors`, given);
  }
  inputs.forEach(({ name, shape, dtype }, index) => {
    const tensor = tensors[index];
    const got = tensor?.shape;
    const fits =
      got?.length === shape.length && shape.every((size, axis) => size === null || size === got[axis]);
    if (!fits) {
      const wanted = shape.map((size) => size ?? 'any').join(', ');
      throw refuse(
        `input '${name}' takes a tensor of shape [${wanted}], but got ${got ? `[${got.join(', ')}]` : 'no tensor'}`,
        got,
      );
    }
    if (tensor?.isDisposed === true) throw refuse(`input '${name}' got a tensor that is disposed`, tensor);
    if (isNumeric(tensor?.dtype) !== isNumeric(dtype)) {
      throw refuse(
        `input '${name}' takes a tensor of ${dtype}, but got one of ${tensor?.dtype}`,
        tensor?.dtype,
      );
    }
  });
  return tensors;
}

/** Whether values are numbers that tfjs casts to float32. */
function isNumeric(dtype: DataType | undefined): boolean {
  return dtype !== 'string' && dtype !== 'complex64';
}

/** Tensors in pieces of at most `size` examples, their first axis. */
export function inBatches(tensors: readonly Tensor[], size: number): Tensor[][] {
  if (!(size >= 1 && (Number.isInteger(size) || size === Number.POSITIVE_INFINITY))) {
    throw new SparseError(`batchSize must be a whole number from 1, but is ${size}`, {
      option: 'batchSize',
      value: size,
    });
  }
  const examples = tensors[0]?.shape[0] ?? 1;
  if (examples <= size || tensors.some(({ shape }) => shape[0] !== examples)) return [[...tensors]];
  return Array.from({ length: Math.ceil(examples / size) }, (_, piece) => {
    const start = piece * size;
    return tensors.map((tensor) => slice(tensor, start, Math.min(size, examples - start)));
  });
}

function inOrder(inputs: readonly ImportedInput[], given: ModelInputs): readonly Tensor[] {
  if (given instanceof Tensor) return [given];
  if (Array.isArray(given)) return given as readonly Tensor[];
  if (typeof given !== 'object' || given === null)
    throw refuse(`a model takes tensors, but got ${String(given)}`, given);
  const named = given as NamedTensorMap;
  return inputs.map(({ name, aliases = [] }) => {
    const tensor = [name, ...aliases].map((key) => named[key]).find((value) => value !== undefined);
    if (tensor === undefined) {
      throw refuse(
        `input '${name}' is missing; given are: ${Object.keys(named).join(', ') || 'none'}`,
        given,
      );
    }
    return tensor;
  });
}

function refuse(message: string, value: unknown): SparseError {
  return new SparseError(message, { option: 'inputs', value });
}
