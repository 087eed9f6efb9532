import type { Shape } from '../graph/shape.js';

/** A tensor in float64. */
export interface Values {
  readonly shape: Shape;
  readonly values: Float64Array;
}

/** How many elements a tensor of a shape has. */
export function count(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function at(values: ArrayLike<number>, index: number): number {
  return need(values[index], `element ${index}`);
}

export function need<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new RangeError(`${name} is missing`);
  return value;
}
