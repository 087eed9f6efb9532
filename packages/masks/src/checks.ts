import { MaskError } from './mask-error.js';
import type { WeightView } from './weight.js';

/** A value as an error message shows it: `0.5`, `"0.5"`, `NaN`, `undefined`, `[2,3]`, `an object`. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** The error for `option`, which got `value` and allows only what `allowed` says. */
export function refusal(option: string, value: unknown, allowed: string): MaskError {
  return new MaskError(`${option} must be ${allowed}, but is ${show(value)}.`, { option, value });
}

/** Checks that `value` is one of `allowed`. */
export function checkOneOf<T extends string>(option: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw refusal(option, value, allowed.map((name) => `"${name}"`).join(' or '));
  }
}

/** Checks that `value` is an integer of at least `least`. */
export function checkInteger(option: string, value: number, least: number): void {
  if (!(Number.isSafeInteger(value) && value >= least)) {
    throw refusal(option, value, `an integer of at least ${least}`);
  }
}

/** Checks that `value` is a fraction: a number in [0, 1]. */
export function checkFraction(option: string, value: number): void {
  if (!(typeof value === 'number' && value >= 0 && value <= 1)) {
    throw refusal(option, value, 'a number from 0 to 1');
  }
}

/** Checks that the shape of `weight` is one, and that it has as many values. */
export function checkWeight({ name, shape, values }: WeightView): void {
  const size = sizeOf(name, shape);
  if (!(values instanceof Float32Array) || values.length !== size) {
    const got = values instanceof Float32Array ? `${values.length} values` : show(values);
    throw new MaskError(
      `Weight ${show(name)} of shape ${show(shape)} must have a Float32Array of ${size} values, but has ${got}.`,
      { option: name, value: values },
    );
  }
}

/** The number of elements of a shape. */
export function sizeOf(name: string, shape: readonly number[]): number {
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new MaskError(
      `Weight ${show(name)} must have a shape of integers of at least 0, but has ${show(shape)}.`,
      { option: name, value: shape },
    );
  }
  return shape.reduce((product, size) => product * size, 1);
}

/** The error for a weight that is NaN or infinite at `index`. */
export function notFinite(weight: WeightView, index: number): MaskError {
  const value = weight.values[index];
  return new MaskError(
    `Weight ${show(weight.name)} is ${value} at index ${index}; only finite weights can be ranked. Did training diverge?`,
    { option: weight.name, value },
  );
}
