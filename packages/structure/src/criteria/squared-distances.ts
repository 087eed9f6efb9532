/** Rows of numbers behind one another. */
export interface Rows {
  readonly values: Float64Array;
  readonly count: number;
  readonly length: number;
}

/**
 * The squared euclidean distances between rows, as a symmetric matrix in row-major order. Equal rows are at exactly 0 from
 * one another, and at exactly the same distance from the others.
 */
export function squaredDistances({ values, count, length }: Rows): Float64Array {
  const distances = new Float64Array(count * count);
  const set = (i: number, j: number, distance: number): void => {
    if (i >= count) return;
    distances[i * count + j] = distance;
    distances[j * count + i] = distance;
  };
  // Two rows against two at a time: half as many reads. Beyond the last row the first stands in, and is not used.
  for (let i = 0; i < count; i += 2) {
    const a0 = i * length;
    const a1 = i + 1 < count ? a0 + length : 0;
    for (let j = 0; j <= i; j += 2) {
      const b0 = j * length;
      const b1 = j + 1 < count ? b0 + length : 0;
      let d00 = 0;
      let d01 = 0;
      let d10 = 0;
      let d11 = 0;
      for (let k = 0; k < length; k++) {
        const p = values[a0 + k] as number;
        const q = values[a1 + k] as number;
        const r = values[b0 + k] as number;
        const s = values[b1 + k] as number;
        d00 += (p - r) * (p - r);
        d01 += (p - s) * (p - s);
        d10 += (q - r) * (q - r);
        d11 += (q - s) * (q - s);
      }
      set(i, j, d00);
      if (j + 1 < count) set(i, j + 1, d01);
      set(i + 1, j, d10);
      if (j + 1 < count) set(i + 1, j + 1, d11);
    }
  }
  return distances;
}
