import type { Shape } from '../graph/shape.js';
import { placeWindow, type Window } from '../graph/window.js';
import { SparseError } from '../sparse-error.js';

/** The shape of what a window gives from images of a shape, which must have `inChannels`. */
export function windowShape(
  window: Window,
  shape: Shape | undefined,
  inChannels: number,
  outChannels: number,
): Shape {
  const [batch = 0, height = 0, width = 0, channels] = shape ?? [];
  const { outHeight, outWidth } = placeWindow(window, height, width);
  if (shape?.length !== 4 || channels !== inChannels || outHeight < 1 || outWidth < 1) {
    throw new SparseError(
      `a window of ${window.size.join('x')} over ${inChannels} channels got an input of shape [${shape}]`,
      { option: 'input', value: shape },
    );
  }
  return [batch, outHeight, outWidth, outChannels];
}
