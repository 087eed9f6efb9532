/** The largest |a - b|. NaN anywhere, or a different length, is as far apart as can be. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    if (difference > largest) largest = difference;
  }
  return largest;
}

/** At how many places two lists differ. A different length makes every place differ. */
export function countDifferent(a: ArrayLike<number | boolean>, b: ArrayLike<number | boolean>): number {
  if (a.length !== b.length) return Math.max(a.length, b.length);
  let different = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) different += 1;
  return different;
}
