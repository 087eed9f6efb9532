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
  dispose,
  matMul,
  mul,
  ones,
  sub,
  type Tensor,
  type Tensor2D,
  tensor,
  tensor1d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { type ConstantReader, constantReaders } from './constant-readers.js';
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

/** The share of the constant at the edges that counts as the constant itself. */
const rounding = 1e-5;

/**
 * Takes the constants of channels that nothing goes into over into the biases of the layers that read them, where that is
 * exact: the layer's output moves by the same amount at every position. A convolution with zero padding sees no constant
 * beyond the edge, so its output doesn't; with `approximate` the amount away from the edges is taken.
 */
export async function absorbConstants(
  model: LayersModel,
  structure: Structure,
  unwritten: Removal,
  probe: readonly Tensor[],
  approximate: boolean,
): Promise<Absorption> {
  const readers = await constantReaders(model, structure, unwritten, probe);
  const channelAt = ({ call, axis, weight }: ConstantReader, index: number): number => {
    const axes = call.variables.find(({ name }) => name === weight)?.axes;
    const channels = axes?.find((one) => one?.role === 'in')?.channels ?? call.inputs[0]?.axes[axis];
    return structure.channelOf(channels?.[index] as number);
  };
  const stuck = new Map<number, StuckChannel>();
  for (const reader of readers) {
    const reason = await whyNot(model, reader, approximate);
    for (const index of reader.indices) {
      const constant = reader.constants[index] as number;
      const why = Number.isNaN(constant)
        ? 'what it sends is not constant'
        : constant === 0
          ? undefined
          : reason;
      const channel = channelAt(reader, index);
      if (why !== undefined && !stuck.has(channel))
        stuck.set(channel, { channel, layer: reader.call.path, reason: why });
    }
  }
  const removed = unwritten.map((dead, channel) => (stuck.has(channel) ? 0 : dead));
  const shifts: Shift[] = [];
  for (const reader of readers) {
    const constants = reader.constants.map((constant, index) =>
      Number.isNaN(constant) || removed[channelAt(reader, index)] !== 1 ? 0 : constant,
    );
    if (constants.some((constant) => constant !== 0)) {
      shifts.push({ call: reader.call, values: (await shiftOf(reader, constants)).values });
    }
  }
  return { removed, shifts, stuck: [...stuck.values()] };
}

/** Why the layer's bias can't take over a constant other than 0. */
async function whyNot(
  model: LayersModel,
  reader: ConstantReader,
  approximate: boolean,
): Promise<string | undefined> {
  const constants = reader.constants.map((constant) => (Number.isNaN(constant) ? 0 : constant));
  if (constants.every((constant) => constant === 0)) return undefined;
  const { layer } = reader.call;
  if (reader.weight === 'recurrent_kernel') return 'its first step starts from another state';
  const hasBias = reader.call.variables.some(({ name }) => name === 'bias');
  const canHaveOne = 'useBias' in layer.getConfig() && isDirect(model, layer);
  if (!hasBias && !canHaveOne) return 'the layer has no bias that could take over its constant';
  const { isUniform } = await shiftOf(reader, constants);
  return isUniform || approximate ? undefined : 'its constant meets the zero padding there';
}

/** By how much the layer's output before its activation moves when its input holds the constants. */
async function shiftOf(
  { call, shape, axis }: ConstantReader,
  constants: Float64Array,
): Promise<{ values: Float32Array; isUniform: boolean }> {
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

function cellShift(layer: Layer, input: Tensor): Tensor {
  return tidy(() => {
    const kernel = variablesOf(layer)[0]?.read() as Tensor;
    return matMul(input as Tensor2D, kernel as Tensor2D);
  });
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
