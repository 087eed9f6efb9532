import type { Lowering } from '../program/lowering.js';
import type { BlockInput } from './block-input.js';
import type { ChunkedWeights, WeightChunk } from './block-loops.js';
import type { ChannelGroup } from './block-plan.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** Bytes of weights that are taken at once: parts that threads share, or what the second-level cache keeps. */
const chunkBytes = { small: 16 * 1024, large: 256 * 1024 } as const;

/** A row of blocks: its first channel, and which inputs it takes, as rows of the matrix of weights. */
interface BlockRow {
  readonly channel: number;
  readonly inputs: readonly number[];
}

/**
 * Puts blocks into two streams. The weights: of each row of blocks the biases, the slopes of a prelu, the blocks. The offsets:
 * of each row the bytes to its y and the count of its blocks, 32 bits each, then the bytes from x to each block's input, in
 * 32 bits, or 16 when chunks are small and they fit. Rows are sorted by length: so processors predict where they end.
 */
export function packBlocks(
  problem: ConvolutionProblem,
  group: ChannelGroup,
  input: BlockInput,
  chunkSize: 'small' | 'large',
  lowering: Lowering,
): ChunkedWeights {
  const { activation, bias, outChannels, weights } = problem;
  const size = 4 * group.vectors;
  const slopes = activation.kind === 'prelu' ? activation.slopes : undefined;
  const rows = blockRows(problem, group).sort((a, b) => a.inputs.length - b.inputs.length);
  const blocks = rows.reduce((sum, { inputs }) => sum + inputs.length, 0);
  const offsetOf = inputOffset(problem, input);
  const [filterHeight, filterWidth, inChannels] = weights.shape;
  const isNarrow = chunkSize === 'small' && offsetOf(filterHeight * filterWidth * inChannels - 1) < 2 ** 16;
  const headerFloats = size * (slopes === undefined ? 1 : 2);
  const values = new Float32Array(rows.length * headerFloats + blocks * size);
  const width = isNarrow ? 2 : 4;
  const offsets = new DataView(new ArrayBuffer(8 * rows.length + width * blocks));
  const chunks: WeightChunk[] = [];
  const limit = chunkBytes[chunkSize];
  let value = 0;
  let at = 0;
  let start = { value, at };
  for (const { channel, inputs } of rows) {
    const count = Math.min(size, outChannels - channel);
    if (bias !== undefined) values.set(bias.subarray(channel, channel + count), value);
    if (slopes !== undefined) values.set(slopes.subarray(channel, channel + count), value + size);
    value += headerFloats;
    offsets.setInt32(at, 4 * (channel - group.first), true);
    offsets.setInt32(at + 4, inputs.length, true);
    at += 8;
    for (const row of inputs) {
      const first = row * outChannels + channel;
      values.set(weights.values.subarray(first, first + count), value);
      value += size;
      if (isNarrow) offsets.setUint16(at, offsetOf(row), true);
      else offsets.setInt32(at, offsetOf(row), true);
      at += width;
    }
    if (4 * (value - start.value) >= limit) endChunk();
  }
  endChunk();
  return { operand: lowering.constant(values), stream: lowering.constant(offsets), chunks, isNarrow };

  function endChunk(): void {
    if (at > start.at) chunks.push({ operand: 4 * start.value, y: 0, from: start.at, to: at });
    start = { value, at };
  }
}

/** The blocks of a group that aren't all zeros. */
function blockRows({ weights, outChannels }: ConvolutionProblem, group: ChannelGroup): BlockRow[] {
  const size = 4 * group.vectors;
  return Array.from({ length: group.rows }, (_, index) => {
    const channel = group.first + size * index;
    const count = Math.min(size, outChannels - channel);
    const inputs: number[] = [];
    for (let first = channel, row = 0; first < weights.values.length; first += outChannels, row += 1) {
      let at = first;
      while (at < first + count && weights.values[at] === 0) at += 1;
      if (at < first + count) inputs.push(row);
    }
    return { channel, inputs };
  });
}

/** Bytes from an output's first input to that of a row of the matrix of weights. */
function inputOffset(
  { filterWidth, inChannels }: ConvolutionProblem,
  input: BlockInput,
): (row: number) => number {
  return (row) => {
    const place = Math.floor(row / inChannels);
    return input.offsetOf(Math.floor(place / filterWidth), place % filterWidth) + 4 * (row % inChannels);
  };
}
