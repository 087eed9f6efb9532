import type { ConvolutionProblem } from '../convolution-problem.js';

/** Where the inputs and outputs of a stream are. */
export interface StreamLayout {
  /** Bytes from the first position of a tile to the input of a tap, of channel 0. */
  readonly tapOffset: (y: number, x: number) => number;
  /** Bytes from one input channel to the next. */
  readonly inStride: number;
  /** Bytes from one output channel to the next. */
  readonly outStride: number;
}

export const headerBytes = 16;
export const entryBytes = 8;

/** Channels from `from` to before `to`. */
export interface ChannelRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The nonzero weights of some input channels of a convolution, as the product kernels read them. For each output channel a
 * header
 *
 *     i32 bytes of entries, f32 bias, i32 bytes from the first row of the output to this channel's, f32 slope of a prelu
 *
 * and for each of its nonzeros an entry of
 *
 *     f32 weight, i32 bytes from the tile's first position to the weight's input
 *
 * Output channels with few nonzeros come first, so that the length of a row is mostly that of the row before, and predicted.
 * Entries are in order of input channels; every second row has them backwards, so that it starts with the inputs that the row
 * before ended with. Offsets are from the first of the input channels.
 */
export function nonzeroStream(
  problem: ConvolutionProblem,
  layout: StreamLayout,
  inputs: ChannelRange = { from: 0, to: problem.inChannels },
): Int32Array<ArrayBuffer> {
  const { filterHeight, filterWidth, inChannels, outChannels, bias, activation } = problem;
  const { values } = problem.weights;
  const counts = new Int32Array(outChannels);
  let nonZeros = 0;
  forEachInput((row) => {
    for (let channel = 0; channel < outChannels; channel += 1) {
      if (values[row + channel] === 0) continue;
      counts[channel] = (counts[channel] as number) + 1;
      nonZeros += 1;
    }
  });
  const order = Array.from(counts.keys()).sort(
    (a, b) => (counts[a] as number) - (counts[b] as number) || a - b,
  );

  const words = new Int32Array((headerBytes * outChannels + entryBytes * nonZeros) / 4);
  const floats = new Float32Array(words.buffer);
  /** Where the next entry of each channel goes, and in which direction. */
  const next = new Int32Array(outChannels);
  const step = new Int32Array(outChannels);
  let end = 0;
  for (const [index, channel] of order.entries()) {
    const entries = counts[channel] as number;
    const first = end + headerBytes / 4;
    const after = first + 2 * entries;
    words[end] = entryBytes * entries;
    floats[end + 1] = bias?.[channel] ?? 0;
    words[end + 2] = channel * layout.outStride;
    floats[end + 3] = activation.kind === 'prelu' ? (activation.slopes[channel] ?? 0) : 0;
    const isForward = index % 2 === 0;
    next[channel] = isForward ? first : after - 2;
    step[channel] = isForward ? 2 : -2;
    end = after;
  }

  forEachInput((row, offset) => {
    for (let channel = 0; channel < outChannels; channel += 1) {
      const value = values[row + channel] as number;
      if (value === 0) continue;
      const at = next[channel] as number;
      floats[at] = value;
      words[at + 1] = offset;
      next[channel] = at + (step[channel] as number);
    }
  });
  return words;

  /** Calls with where the weights of an input are, and its offset; taps of one channel come one after the other. */
  function forEachInput(visit: (row: number, offset: number) => void): void {
    for (let inChannel = inputs.from; inChannel < inputs.to; inChannel += 1) {
      for (let y = 0; y < filterHeight; y += 1) {
        for (let x = 0; x < filterWidth; x += 1) {
          const row = ((y * filterWidth + x) * inChannels + inChannel) * outChannels;
          visit(row, layout.tapOffset(y, x) + (inChannel - inputs.from) * layout.inStride);
        }
      }
    }
  }
}
