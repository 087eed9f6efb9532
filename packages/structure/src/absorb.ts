import {
  type Container,
  cloneModel,
  isContainer,
  type Layer,
  layerFromConfig,
  variablesOf,
} from '@secateur/layers';
import {
  add,
  conv2d,
  dispose,
  matMul,
  mul,
  ones,
  sub,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor,
  tensor1d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { constantChannels } from './constant-channels.js';
import { type MeasuredConstants, measureConstants } from './measured-constants.js';
import { type Reading, readingsOf } from './readings.js';
import { maskedWeights } from './sliced-weights.js';
import type { Removal, Structure } from './structure.js';
import type { LayerTrace } from './trace.js';

/** A channel that sends a constant which no bias can take over, and where. */
export interface StuckChannel {
  /** The number of the channel. */
  readonly channel: number;
  /** The path of the layer that reads it. */
  readonly layer: string;
  /** Why. */
  readonly reason: string;
}

/** By how much a layer's bias moves. */
export interface Shift {
  readonly call: LayerTrace;
  readonly values: Float32Array;
}

/** What became of channels that send constants. */
export interface Absorption {
  /** The channels that nothing depends on any more. */
  readonly removed: Removal;
  /** What each layer takes over, by output channel. */
  readonly shifts: readonly Shift[];
  /** The channels that are needed for their constants. */
  readonly stuck: readonly StuckChannel[];
}

const notConstant = 'what it sends is not constant';

/** The share of the constant at the edges that counts as the constant itself. */
const rounding = 1e-5;

/** A reading and the indices along it that need their constant taken over. */
interface ConstantReading {
  readonly reading: Reading;
  readonly indices: readonly number[];
}

/**
 * Finds the channels that can go without a change in the answers: those that nothing reads, and those that send a constant
 * to every layer that reads them, which its bias takes over where that is exact: where the layer's output moves by the same
 * amount at every position. A convolution with zero padding sees no constant beyond the edge, so its output doesn't; with
 * `approximate` the amount away from the edges is taken.
 *
 * @param model Our own model, which `structure` is of.
 */
export async function absorbConstants(
  model: LayersModel,
  structure: Structure,
  probe: readonly Tensor[],
  approximate: boolean,
): Promise<Absorption> {
  const { channelOf, trace } = structure;
  const readings = await readingsOf(trace);
  const { candidates, varying } = await constantOrUnread(structure, readings);
  const needed = readings.flatMap((reading): ConstantReading[] => {
    const isNeeded = (id: number, index: number) =>
      reading.isRead[index] === 1 && candidates[channelOf(id)] === 1;
    const indices = [...reading.channels.keys()].filter((index) =>
      isNeeded(reading.channels[index] as number, index),
    );
    return indices.length === 0 ? [] : [{ reading, indices }];
  });
  const measured = await measureConstants(
    model,
    needed.map(({ reading }) => reading),
    probe,
  );
  const stuck = new Map<number, StuckChannel>();
  for (const [index, constants] of measured.entries()) {
    const { reading, indices } = needed[index] as ConstantReading;
    const values = only(constants.values, indices);
    const reason = await whyNot(model, { ...constants, values }, approximate);
    for (const at of indices) {
      const constant = constants.values[at] as number;
      const why = Number.isNaN(constant) ? notConstant : constant === 0 ? undefined : reason;
      const channel = channelOf(reading.channels[at] as number);
      if (why !== undefined && !stuck.has(channel))
        stuck.set(channel, { channel, layer: reading.call.path, reason: why });
    }
  }
  const removed = candidates.map((isCandidate, channel) => (stuck.has(channel) ? 0 : isCandidate));
  const shifts: Shift[] = [];
  for (const [index, constants] of measured.entries()) {
    const { reading, indices } = needed[index] as ConstantReading;
    const going = indices.filter((at) => removed[channelOf(reading.channels[at] as number)] === 1);
    const values = only(constants.values, going);
    if (values.every((value) => value === 0)) continue;
    shifts.push({ call: reading.call, values: (await shiftOf({ ...constants, values })).values });
  }
  return { removed, shifts, stuck: [...varying, ...stuck.values()] };
}

/** Channels of which every reading is of no effect (its weights are zero) or of a constant. */
interface Candidates {
  readonly candidates: Removal;
  /** Channels that some layer makes of nothing, and that are still no constant to one that reads them. */
  readonly varying: readonly StuckChannel[];
}

async function constantOrUnread(
  { trace, channelOf, barriers }: Structure,
  readings: readonly Reading[],
): Promise<Candidates> {
  const isConstant = await constantChannels(trace);
  const isRead = new Uint8Array(barriers.length);
  const variesAt = new Map<number, string>();
  for (const { channels, isRead: isUsed, input, call } of readings) {
    channels.forEach((id, index) => {
      isRead[channelOf(id)] = 1;
      const isFixed = input !== undefined && isConstant(id);
      if (isUsed[index] === 1 && !isFixed && !variesAt.has(channelOf(id)))
        variesAt.set(channelOf(id), call.path);
    });
  }
  const isFree = (channel: number) => barriers[channel]?.length === 0;
  const made = [...trace.layers.values()].flatMap(({ channels }) => [...(channels.units ?? [])]);
  const ofNothing = new Set(made.filter(isConstant).map(channelOf));
  return {
    candidates: isRead.map((has, channel) =>
      has === 1 && isFree(channel) && !variesAt.has(channel) ? 1 : 0,
    ),
    varying: [...ofNothing].flatMap((channel) => {
      const layer = variesAt.get(channel);
      return layer !== undefined && isFree(channel) ? [{ channel, layer, reason: notConstant }] : [];
    }),
  };
}

/** The constants at some indices, and 0 elsewhere and where there is none. */
function only(values: Float64Array, indices: readonly number[]): Float64Array {
  const chosen = new Float64Array(values.length);
  for (const index of indices) chosen[index] = Number.isNaN(values[index]) ? 0 : (values[index] as number);
  return chosen;
}

/** Why the layer's bias can't take over these constants. */
async function whyNot(
  model: LayersModel,
  constants: MeasuredConstants,
  approximate: boolean,
): Promise<string | undefined> {
  if (constants.values.every((constant) => constant === 0)) return undefined;
  const { call, weight } = constants.reading;
  if (weight === undefined) return 'the layer has no weights that could take its constant over';
  if (weight === 'recurrent_kernel') return 'its first step starts from another state';
  const hasBias = call.variables.some(({ name }) => name === 'bias');
  const canHaveOne = 'useBias' in call.layer.getConfig() && isDirect(model, call.layer);
  if (!hasBias && !canHaveOne) return 'the layer has no bias that could take its constant over';
  const { isUniform } = await shiftOf(constants);
  return isUniform || approximate ? undefined : 'its constant meets the zero padding there';
}

/** By how much the layer's output before its activation moves when its input holds the constants. */
async function shiftOf({
  reading: { call },
  shape,
  axis,
  values: constants,
}: MeasuredConstants): Promise<{ values: Float32Array; isUniform: boolean }> {
  const { layer } = call;
  const isCell = call.variables.some(({ name }) => name === 'recurrent_kernel');
  const input = tidy(() =>
    mul(
      ones([1, ...shape.slice(1)]),
      tensor(
        Float32Array.from(constants),
        shape.map((size, index) => (index === axis ? size : 1)),
      ),
    ),
  );
  const moved = isCell ? cellShift(layer, input) : linearShift(layer, input);
  const values = (await moved.data()) as Float32Array;
  const size = moved.shape.at(-1) as number;
  dispose([input, moved]);
  const rows = values.length / size;
  const middle = middleRow(moved.shape);
  const row = values.slice(middle * size, (middle + 1) * size);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let isUniform = true;
  for (let i = 0; i < rows * size; i++) {
    if (Math.abs((values[i] as number) - (row[i % size] as number)) > rounding * largest) isUniform = false;
  }
  return { values: row, isUniform };
}

/** The position in the middle of a tensor of one example, in row-major order. */
function middleRow(shape: readonly number[]): number {
  return shape.slice(1, -1).reduce((row, size) => row * size + Math.floor(size / 2), 0);
}

/** What the input adds to a recurrent cell's gates. */
function cellShift(layer: Layer, input: Tensor): Tensor {
  const kernel = variablesOf(layer)[0]?.read() as Tensor;
  if (kernel.rank === 2) return matMul(input as Tensor2D, kernel as Tensor2D);
  const { strides, padding, dilationRate } = layer.getConfig() as Readonly<Record<string, unknown>>;
  return conv2d(
    input as Tensor4D,
    kernel as Tensor4D,
    strides as [number, number],
    padding as 'valid' | 'same',
    'NHWC',
    dilationRate as [number, number],
  );
}

/** What a copy of the layer without activation makes of the input, over what it makes of zeros. */
function linearShift(layer: Layer, input: Tensor): Tensor {
  const { batchInputShape: _, ...config } = layer.getConfig();
  const copy = layerFromConfig({
    className: layer.getClassName(),
    config: { ...config, activation: 'linear' },
  });
  try {
    return tidy(() => {
      const nothing = zeros(input.shape);
      dispose(copy.apply(nothing) as Tensor);
      const weights = variablesOf(layer);
      for (const [index, variable] of variablesOf(copy).entries())
        variable.write((weights[index] as typeof variable).read());
      return sub(copy.apply(input) as Tensor, copy.apply(nothing) as Tensor);
    });
  } finally {
    copy.dispose();
  }
}

/** Whether the layer stands in a model itself, not inside another layer such as Bidirectional. */
function isDirect(model: Container, layer: Layer): boolean {
  return model.layers.some((one) => one === layer || (isContainer(one) && isDirect(one, layer)));
}

/** A copy of the model that reads nothing from the absorbed channels: the biases have what they sent. */
export function absorbedCopy<T extends LayersModel>(
  model: T,
  structure: Structure,
  { removed, shifts }: Absorption,
): T {
  const moved = new Map<LayerVariable, Float32Array>();
  const added = new Map<Layer, Float32Array>();
  for (const { call, values } of shifts) {
    const bias = call.variables.find(({ name }) => name === 'bias');
    if (bias === undefined) added.set(call.layer, values);
    else moved.set(bias.variable, values);
  }
  const masked = maskedWeights(structure, removed);
  return cloneModel(
    model,
    (layer, { className, config }) => ({
      className,
      config: added.has(layer) ? { ...config, useBias: true } : config,
    }),
    (layer) => {
      const variables = variablesOf(layer);
      const weights = masked(layer).map((weight, index) => {
        const shift = moved.get(variables[index] as LayerVariable);
        return shift === undefined ? weight : add(weight, tensor1d(shift));
      });
      const bias = added.get(layer);
      return bias === undefined ? weights : [...weights, tensor1d(bias)];
    },
  );
}
