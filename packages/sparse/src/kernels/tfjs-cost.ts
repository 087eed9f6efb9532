import type { ConvolutionProblem } from './convolution-problem.js';

/** Nanoseconds per input, for eight channels of so many positions at once. XNNPACK's tiles have four. */
const tileTimes = [0, 0.64, 1.41, 1.79, 1.44] as const;

/**
 * Expected nanoseconds of the same convolution, or product, by tfjs-wasm on one thread: the call of a kernel, tiles of 4
 * positions x 8 channels, and an indirection for each position and place in the filter. Half of 591 convolutions of all shapes
 * were within 6 %, and nine of ten between 0.8 and 1.5 times this.
 */
export function tfjsCost({ batch, outHeight, outWidth, outChannels, weights }: ConvolutionProblem): number {
  const [filterHeight, filterWidth, inChannels] = weights.shape;
  const positions = batch * outHeight * outWidth;
  const places = filterHeight * filterWidth;
  const columns = Math.ceil(outChannels / 8);
  const tiles = Math.floor(positions / 4);
  const tileInputs = places * inChannels * columns;
  const left = tileTimes[positions % 4] ?? 0;
  return (
    4100 + 0.14 * positions * places + 4.4 * tiles * columns + tileInputs * (tileTimes[4] * tiles + left)
  );
}
