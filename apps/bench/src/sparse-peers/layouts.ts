/** Moves the axes of a tensor: axis i of what is returned is axis `order[i]` of what is given. */
export function transposed(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const sizes = order.map((axis) => shape[axis] as number);
  const steps = order.map((axis) => strides[axis] as number);
  const result = new Float32Array(values.length);
  const position = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to += 1) {
    result[to] = values[from] as number;
    for (let axis = sizes.length - 1; axis >= 0; axis -= 1) {
      const at = (position[axis] as number) + 1;
      from += steps[axis] as number;
      if (at < (sizes[axis] as number)) {
        position[axis] = at;
        break;
      }
      from -= at * (steps[axis] as number);
      position[axis] = 0;
    }
  }
  return result;
}

/** [rows, columns, channels] of an image become [channels, rows, columns]. */
export function channelsFirst(values: Float32Array, shape: readonly [number, number, number]): Float32Array {
  return transposed(values, shape, [2, 0, 1]);
}

/** [channels, rows, columns] of an image become [rows, columns, channels]. */
export function channelsLast(values: Float32Array, shape: readonly [number, number, number]): Float32Array {
  return transposed(values, shape, [1, 2, 0]);
}
