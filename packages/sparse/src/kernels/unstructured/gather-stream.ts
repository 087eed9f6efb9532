import type { ConvolutionProblem } from '../convolution-problem.js';
import { int8Scales } from './int8-scales.js';

/** Output channels of a group: one in each lane of a vector. */
export const groupChannels = 4;
/** Nonzeros of each of them in a block. */
export const blockEntries = 2;

/** Where the parts of a group's header are, in bytes. */
export const groupHeader = { blocks: 0, bias: 16, slopes: 32, scales: 48, outputs: 64, bytes: 80 } as const;

/**
 * The nonzero weights of a matrix, as the gather kernel reads them. Output channels are sorted by their count of nonzeros and
 * taken in groups of four; the last group repeats its last channel. A group's header has
 *
 *     i32 bytes to its first block, 12 unused bytes, 4 x f32 bias, 4 x f32 slope of a prelu, 4 x f32 scale of int8 weights,
 *     4 x i32 bytes to the output
 *
 * and one more header has the end of the last group's blocks. Of a block
 *
 *     8 x u16 or u32 bytes from the first input to the weight's
 *     8 x f32 weight, or int8 when the weights are quantized
 *
 * the first four entries are one nonzero of each channel, and so are the last four. Channels with fewer nonzeros get zeros.
 */
export interface GatherStream extends GatherFormat {
  readonly blocks: Uint8Array;
  readonly headers: Int32Array;
  readonly groups: number;
}

/** What the entries of a block take. */
export interface GatherFormat {
  readonly indexBytes: 2 | 4;
  readonly weightBytes: 1 | 4;
}

export function gatherStream(problem: ConvolutionProblem): GatherStream {
  const { inChannels, outChannels, bias, activation } = problem;
  const { values } = problem.weights;
  const indexBytes = inChannels <= 16_384 ? 2 : 4;
  const inputs = inputsOf(values, outChannels);
  const order = inputs.map((_, channel) => channel).sort((a, b) => countOf(a) - countOf(b) || a - b);
  const groups = Math.ceil(outChannels / groupChannels);
  const scales = int8Scales(problem.weights);
  const weightBytes = scales === undefined ? 4 : 1;
  const blockBytes = groupChannels * blockEntries * (indexBytes + weightBytes);
  const headers = new Int32Array((groupHeader.bytes / 4) * (groups + 1));
  const headerFloats = new Float32Array(headers.buffer);
  let end = 0;
  for (let group = 0; group < groups; group += 1) {
    const at = (groupHeader.bytes / 4) * group;
    headers[at] = end;
    let most = 0;
    channelsOf(group).forEach((channel, lane) => {
      headerFloats[at + groupHeader.bias / 4 + lane] = bias?.[channel] ?? 0;
      headerFloats[at + groupHeader.slopes / 4 + lane] =
        activation.kind === 'prelu' ? (activation.slopes[channel] ?? 0) : 0;
      headerFloats[at + groupHeader.scales / 4 + lane] = scales?.[channel] ?? 1;
      headers[at + groupHeader.outputs / 4 + lane] = 4 * channel;
      most = Math.max(most, countOf(channel));
    });
    end += blockBytes * Math.ceil(most / blockEntries);
  }
  headers[(groupHeader.bytes / 4) * groups] = end;

  const blocks = new Uint8Array(end);
  const weights = scales === undefined ? new Float32Array(blocks.buffer) : new Int8Array(blocks.buffer);
  const offsets = indexBytes === 2 ? new Uint16Array(blocks.buffer) : new Uint32Array(blocks.buffer);
  for (let group = 0; group < groups; group += 1) {
    const first = headers[(groupHeader.bytes / 4) * group] as number;
    channelsOf(group).forEach((channel, lane) => {
      inputs[channel]?.forEach((input, entry) => {
        const inBlock = groupChannels * (entry % blockEntries) + lane;
        const block = first + blockBytes * Math.floor(entry / blockEntries);
        offsets[block / indexBytes + inBlock] = 4 * input;
        const value = values[input * outChannels + channel] as number;
        weights[(block + groupChannels * blockEntries * indexBytes) / weightBytes + inBlock] =
          scales === undefined ? value : Math.round(value / (scales[channel] as number));
      });
    });
  }
  return { blocks, headers, groups, indexBytes, weightBytes };

  function countOf(channel: number): number {
    return inputs[channel]?.length ?? 0;
  }

  function channelsOf(group: number): number[] {
    return Array.from(
      { length: groupChannels },
      (_, lane) => order[Math.min(groupChannels * group + lane, outChannels - 1)] ?? 0,
    );
  }
}

/** The inputs with nonzero weights of each output channel. */
function inputsOf(values: Float32Array, outChannels: number): number[][] {
  const inputs = Array.from({ length: outChannels }, (): number[] => []);
  let input = 0;
  for (let row = 0; row < values.length; row += outChannels) {
    for (let channel = 0; channel < outChannels; channel += 1) {
      if (values[row + channel] !== 0) inputs[channel]?.push(input);
    }
    input += 1;
  }
  return inputs;
}
