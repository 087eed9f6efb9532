/**
 * Finds the first of steps 0 to `steps` that is enough, given that all after it are and the last one is. Yields a step to
 * try and takes whether it is enough.
 */
export function* bisection(steps: number): Generator<number, number, boolean> {
  let low = 0;
  let high = steps;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (yield middle) high = middle;
    else low = middle + 1;
  }
  return high;
}
