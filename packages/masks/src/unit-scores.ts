import type { UnitLayout } from './weight-axes.js';

/** The norm of a unit: `l1`, of magnitudes, or `l2`, of squares. */
export type Norm = 'l1' | 'l2';

/**
 * The norm of each output unit by the number of its weights, so that units of different sizes can be ranked together:
 * `l1` is the mean magnitude, `l2` the root mean square.
 */
export function scoreUnits(
  values: Float32Array,
  { outer, units, inner }: UnitLayout,
  norm: Norm,
): Float32Array {
  const sums = new Float64Array(units);
  let index = 0;
  for (let o = 0; o < outer; o++) {
    for (let unit = 0; unit < units; unit++) {
      let sum = sums[unit] as number;
      for (let i = 0; i < inner; i++) {
        const value = values[index++] as number;
        sum += norm === 'l1' ? Math.abs(value) : value * value;
      }
      sums[unit] = sum;
    }
  }
  const size = Math.max(outer * inner, 1);
  return Float32Array.from(sums, (sum) => (norm === 'l1' ? sum / size : Math.sqrt(sum / size)));
}
