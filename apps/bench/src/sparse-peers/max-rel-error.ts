/** The largest difference of two outputs, relative to the largest value that is expected; NaN when any is NaN. */
export function maxRelError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} values where ${expected.length} are expected`);
  let error = 0;
  let scale = 0;
  for (const [index, value] of expected.entries()) {
    // Math.max, unlike a comparison, keeps NaN.
    error = Math.max(error, Math.abs((actual[index] as number) - value));
    scale = Math.max(scale, Math.abs(value));
  }
  return error / scale;
}
