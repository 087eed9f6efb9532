/** Which matrix of an operand with these batch axes takes part in the given pair of the broadcast batch. */
export function matrixIndex(axes: readonly number[], batch: readonly number[], pair: number): number {
  let index = 0;
  let stride = 1;
  let rest = pair;
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    const length = batch[axis] as number;
    const own = axes[axis - batch.length + axes.length] ?? 1;
    if (own > 1) index += (rest % length) * stride;
    stride *= own;
    rest = Math.floor(rest / length);
  }
  return index;
}
