/** The size of each axis of a tensor; images are [batch, height, width, channels]. */
export type Shape = readonly number[];

/** How many elements a tensor of a shape has. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The size of the last axis: channels. 1 for a scalar. */
export function channelsOf(shape: Shape): number {
  return shape.at(-1) ?? 1;
}
