import type { Convolution } from '../graph/operation.js';
import { channelsOf, sizeOf } from '../graph/shape.js';
import { placeWindow } from '../graph/window.js';
import { activate } from '../import/interpret.fixture.js';
import type { Tensor32 } from './poisoned-memory.fixture.js';
import type { Random } from './random.fixture.js';

/** Checks some outputs of a convolution, when there are too many to check all: the first, the last, and random ones. */
export function checkSample(
  { weights, window, bias, activation }: Convolution,
  x: Tensor32,
  y: Tensor32,
  samples: number,
  random: Random,
): void {
  const [, height = 1, width = 1, inChannels = 1] = x.shape;
  const { outHeight, outWidth, top, left } = placeWindow(window, height, width);
  const outChannels = channelsOf(y.shape);
  const last = sizeOf(y.shape) - 1;
  let most = 0;
  for (const value of y.values) most = Math.max(most, Math.abs(value));
  for (let sample = 0; sample < samples; sample += 1) {
    const place = sample === 0 ? 0 : sample === 1 ? last : random.integer(0, last);
    const channel = place % outChannels;
    const position = Math.floor(place / outChannels);
    const image = Math.floor(position / (outHeight * outWidth));
    const firstY = (Math.floor(position / outWidth) % outHeight) * window.strides[0] - top;
    const firstX = (position % outWidth) * window.strides[1] - left;
    let sum = bias?.[channel] ?? 0;
    let magnitude = Math.abs(sum);
    for (let row = 0; row < window.size[0]; row += 1) {
      for (let column = 0; column < window.size[1]; column += 1) {
        const inY = firstY + row * window.dilations[0];
        const inX = firstX + column * window.dilations[1];
        if (inY < 0 || inY >= height || inX < 0 || inX >= width) continue;
        const from = ((image * height + inY) * width + inX) * inChannels;
        const weight = (row * window.size[1] + column) * inChannels * outChannels + channel;
        for (let c = 0; c < inChannels; c += 1) {
          const term = (weights.values[weight + c * outChannels] as number) * (x.values[from + c] as number);
          sum += term;
          magnitude += Math.abs(term);
        }
      }
    }
    const expected = activate(activation, sum, channel);
    const error = Math.abs(expected - (y.values[place] as number));
    if (!(error <= Math.max(1e-5 * most, 2.4e-7 * magnitude))) {
      throw new Error(
        `${y.values[place]} instead of ${expected} at ${place}: error ${error}, largest ${most}`,
      );
    }
  }
}
