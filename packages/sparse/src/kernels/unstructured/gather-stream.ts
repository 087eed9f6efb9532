import type { ConvolutionProblem } from '../convolution-problem.js';

/** Entries of a block: two vectors. */
export const blockEntries = 8;

/**
 * The nonzero weights of a matrix, as the gather kernel reads them: for each output channel blocks of
 *
 *     8 x u16 or u32 bytes from the first input to the weight's
 *     8 x f32 weight
 *
 * the last of which is filled up with zeros; and for each channel a header
 *
 *     i32 bytes to its first block, f32 bias, f32 slope of a prelu, 4 unused bytes
 *
 * with one more for the end of the last channel.
 */
export interface GatherStream {
  readonly blocks: Uint8Array;
  readonly headers: Int32Array;
  readonly indexBytes: 2 | 4;
}

export const gatherHeaderBytes = 16;

export function gatherStream({ weights, bias, activation, ...problem }: ConvolutionProblem): GatherStream {
  const { inChannels, outChannels } = problem;
  const { values } = weights;
  const indexBytes = inChannels <= 16_384 ? 2 : 4;
  const blockBytes = blockEntries * (indexBytes + 4);
  const headers = new Int32Array((gatherHeaderBytes / 4) * (outChannels + 1));
  const floats = new Float32Array(headers.buffer);
  const counts = new Int32Array(outChannels);
  for (let at = 0; at < values.length; at += 1) {
    const channel = at % outChannels;
    if (values[at] !== 0) counts[channel] = (counts[channel] as number) + 1;
  }
  let end = 0;
  for (const [channel, count] of counts.entries()) {
    const at = (gatherHeaderBytes / 4) * channel;
    headers[at] = end;
    floats[at + 1] = bias?.[channel] ?? 0;
    floats[at + 2] = activation.kind === 'prelu' ? (activation.slopes[channel] ?? 0) : 0;
    end += blockBytes * Math.ceil(count / blockEntries);
  }
  headers[(gatherHeaderBytes / 4) * outChannels] = end;

  const blocks = new Uint8Array(end);
  const weightViews = new Float32Array(blocks.buffer);
  const indexViews = indexBytes === 2 ? new Uint16Array(blocks.buffer) : new Uint32Array(blocks.buffer);
  const listed = new Int32Array(outChannels);
  for (let inChannel = 0; inChannel < inChannels; inChannel += 1) {
    for (let channel = 0; channel < outChannels; channel += 1) {
      const value = values[inChannel * outChannels + channel] as number;
      if (value === 0) continue;
      const entry = listed[channel] as number;
      listed[channel] = entry + 1;
      const inBlock = entry % blockEntries;
      const block =
        (headers[(gatherHeaderBytes / 4) * channel] as number) +
        blockBytes * ((entry - inBlock) / blockEntries);
      indexViews[block / indexBytes + inBlock] = 4 * inChannel;
      weightViews[(block + blockEntries * indexBytes) / 4 + inBlock] = value;
    }
  }
  return { blocks, headers, indexBytes };
}
