import type { Layer } from '@secateur/layers';
import { clone, dispose, keep, max, min, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { tapCalls } from './call-tap.js';
import type { Structure } from './structure.js';
import type { LayerTrace } from './trace.js';

/** What a layer reads from channels that nothing goes into. */
export interface ConstantReader {
  readonly call: LayerTrace;
  /** The weight that reads, or undefined for a layer that sums without one. */
  readonly weight: string | undefined;
  /** The shape of what it reads, batch axis included. */
  readonly shape: readonly number[];
  /** The axis of the channels. */
  readonly axis: number;
  /** For each index along the axis: the constant, NaN where it is none or of no interest. */
  readonly constants: Float64Array;
  /** The indices of interest: those of the channels asked for. */
  readonly indices: readonly number[];
}

/** Where a layer reads channels: which of its inputs, on which axis. */
interface Reading {
  readonly call: LayerTrace;
  readonly weight: string | undefined;
  readonly input: number;
  readonly channels: Int32Array;
}

/** How far values may lie apart and still be one constant: kernels round the last bits of a vector's rest differently. */
const rounding = 1e-6;

/**
 * What reaches the layers that read the channels of interest, by running the model on a probe. `model` is our own and the
 * one that `structure` is of.
 */
export async function constantReaders(
  model: LayersModel,
  structure: Structure,
  ofInterest: Uint8Array,
  probe: readonly Tensor[],
): Promise<ConstantReader[]> {
  const readings = readingsOf(structure, ofInterest);
  const seen = new Map<Layer, Tensor[][]>();
  const untaps = [...new Set(readings.map(({ call }) => call.layer))].map((layer) => {
    const calls: Tensor[][] = [];
    seen.set(layer, calls);
    return tapCalls(layer, { outputs: (_, inputs) => calls.push(inputs.map((input) => keep(clone(input)))) });
  });
  try {
    dispose(model.predict([...probe], { batchSize: probe[0]?.shape[0] ?? 1 }));
    const isOfInterest = (id: number) => ofInterest[structure.channelOf(id)] === 1;
    return await Promise.all(
      readings.map(async ({ call, weight, input, channels }) => {
        const tensors = (seen.get(call.layer) ?? []).map((inputs) => inputs[input] as Tensor);
        const axis = axisOf(call, input, channels, tensors[0] as Tensor);
        const indices = [...channels.keys()].filter((index) => isOfInterest(channels[index] as number));
        const constants = await constantsAlong(tensors, axis, indices);
        return { call, weight, shape: tensors[0]?.shape ?? [], axis, constants, indices };
      }),
    );
  } finally {
    for (const untap of untaps) untap();
    for (const calls of seen.values()) dispose(calls.flat());
  }
}

function readingsOf({ trace, channelOf }: Structure, ofInterest: Uint8Array): Reading[] {
  const readings: Reading[] = [];
  for (const call of trace.layers.values()) {
    const add = (weight: string | undefined, input: number, channels: Int32Array) => {
      if (channels.some((id) => ofInterest[channelOf(id)] === 1))
        readings.push({ call, weight, input, channels });
    };
    for (const { name, axes } of call.variables) {
      for (const axis of axes) if (axis?.role === 'in') add(name, axis.input ?? 0, axis.channels);
    }
    for (const { input, axis } of call.channels.contracted ?? []) {
      const channels = call.inputs[input]?.axes[axis];
      if (channels) add(undefined, input, channels);
    }
  }
  return readings;
}

/** A weight may read channels that were repeated on their way; then its axis is the input's only one with channels. */
function axisOf({ inputs }: LayerTrace, input: number, channels: Int32Array, tensor: Tensor): number {
  const axes = inputs[input]?.axes ?? [];
  const exact = axes.findIndex(
    (axis) => axis?.length === channels.length && axis.every((id, i) => id === channels[i]),
  );
  return exact >= 0 ? exact : tensor.rank - 1;
}

async function constantsAlong(
  tensors: readonly Tensor[],
  axis: number,
  indices: readonly number[],
): Promise<Float64Array> {
  const bounds = await Promise.all(
    tensors.map(async (tensor) => {
      const others = tensor.shape.map((_, index) => index).filter((index) => index !== axis);
      const [low, high] = tidy(() => [min(tensor, others), max(tensor, others)]);
      const values = await Promise.all([low.data(), high.data()]);
      dispose([low, high]);
      return values;
    }),
  );
  const size = tensors[0]?.shape[axis] ?? 0;
  const constants = new Float64Array(size).fill(Number.NaN);
  for (const index of indices) {
    const low = Math.min(...bounds.map(([lows]) => lows[index] as number));
    const high = Math.max(...bounds.map(([, highs]) => highs[index] as number));
    if (high - low <= rounding * Math.max(Math.abs(low), Math.abs(high))) constants[index] = (low + high) / 2;
  }
  return constants;
}
