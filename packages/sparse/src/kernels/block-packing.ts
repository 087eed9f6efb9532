import type { Address } from '../program/address.js';
import type { Lowering } from '../program/lowering.js';
import type { InputLayout } from './block-layout.js';
import type { ChannelGroup } from './block-tiles.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** The weights of a group of channels, in the order in which tiles take them. */
export interface PackedWeights {
  /** Of each row of channels the biases, the slopes of a prelu, and the weights of its inputs. */
  readonly values: Address;
  /** Of each row its number, the count of its runs of inputs, and the bytes from x to each run. */
  readonly offsets: Address;
  /** Bytes of one of those numbers. */
  readonly width: 2 | 4;
  /** Where each chunk of rows begins, in bytes of values and of offsets, and where the last one ends. */
  readonly chunks: readonly number[];
}

/**
 * Cuts a group of channels into chunks of rows of so many bytes of weights. A row takes runs of `run` neighbouring inputs, all
 * of them, or with `run` 0 single ones with a weight that is not zero. Rows are sorted by length: so processors predict where they end.
 */
export function packWeights(
  { activation, bias, outChannels, weights }: ConvolutionProblem,
  { first, end, vectors, rows }: ChannelGroup,
  { offsetOf }: InputLayout,
  run: number,
  chunkBytes: number,
  lowering: Lowering,
): PackedWeights {
  const size = 4 * vectors;
  const count = weights.values.length / outChannels;
  const sorted = Array.from({ length: rows }, (_, row) => {
    const inputs: number[] = [];
    const from = first + row * size;
    const to = Math.min(from + size, end);
    for (let input = 0; input < count; input += 1) {
      let at = input * outChannels + from;
      const stop = at + to - from;
      while (run === 0 && at < stop && weights.values[at] === 0) at += 1;
      if (at < stop) inputs.push(input);
    }
    return { row, from, to, inputs };
  }).sort((a, b) => a.inputs.length - b.inputs.length);
  const headers = [bias, ...(activation.kind === 'prelu' ? [activation.slopes] : [])];
  const values = new Float32Array(
    sorted.reduce((sum, { inputs }) => sum + size * (headers.length + inputs.length), 0),
  );
  const width = offsetOf(count - 1) < 2 ** 16 && rows < 2 ** 16 ? 2 : 4;
  const offsets: number[] = [];
  const chunks = [0, 0];
  let at = 0;
  for (const { row, from, to, inputs } of sorted) {
    if (4 * at - (chunks.at(-2) as number) >= chunkBytes) chunks.push(4 * at, width * offsets.length);
    const add = (source: Float32Array | undefined, start: number) => {
      if (source !== undefined) values.set(source.subarray(start + from, start + to), at);
      at += size;
    };
    for (const header of headers) add(header, 0);
    offsets.push(row, inputs.length / (run || 1));
    for (const input of inputs) {
      add(weights.values, input * outChannels);
      if (input % run > 0) continue;
      offsets.push(offsetOf(input));
    }
  }
  chunks.push(4 * at, width * offsets.length);
  return {
    values: lowering.constant(values),
    offsets: lowering.constant((width === 2 ? Uint16Array : Int32Array).from(offsets)),
    width,
    chunks,
  };
}
