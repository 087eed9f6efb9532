import { expect } from 'vitest';
import type { Operation } from '../graph/operation.js';
import { type Shape, sizeOf } from '../graph/shape.js';
import { interpretOperation } from '../import/interpret.fixture.js';
import { runGraph, type Values } from '../program/run-graph.fixture.js';

/** Runs one operation. */
export function runOperation(operation: Operation, inputs: readonly Values[]): Values {
  const ids = inputs.map((_, index) => index);
  const output = ids.length;
  const nodes = [{ name: operation.kind, operation, inputs: ids, output }];
  const [result] = runGraph({ nodes, inputs: ids, outputs: [output] }, inputs) ?? [];
  if (result === undefined) throw new Error('the operation is not run');
  return result;
}

/** A tensor of values from -1 to 1, the same for the same seed. */
export function randomValues(shape: Shape, seed = 1): Values {
  return { shape, values: randomFloats(sizeOf(shape), seed) };
}

/** Floats from -1 to 1, the same for the same seed. */
export function randomFloats(count: number, seed = 1): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Expects values that differ by at most `tolerance` times the largest of them; NaN and infinities in the same places. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let most = 0;
  for (let at = 0; at < expected.length; at += 1) {
    const value = Math.abs(expected[at] as number);
    if (Number.isFinite(value)) most = Math.max(most, value);
  }
  for (let at = 0; at < expected.length; at += 1) {
    const [a, b] = [actual[at] as number, expected[at] as number];
    if (Object.is(a, b) || Math.abs(a - b) <= tolerance * most) continue;
    if (Number.isNaN(a) && Number.isNaN(b)) continue;
    expect.fail(`value ${at} is ${a}, but should be ${b}`);
  }
}

/** Expects what float64 gives for the same operation. */
export function expectAsFloat64(operation: Operation, inputs: readonly Values[], tolerance = 1e-6): void {
  const expected = interpretOperation(
    operation,
    inputs.map(({ shape, values }) => ({ shape, values: Float64Array.from(values) })),
  );
  const actual = runOperation(operation, inputs);
  expect(actual.shape).toEqual(expected.shape);
  expectClose(actual.values, expected.values, tolerance);
}
