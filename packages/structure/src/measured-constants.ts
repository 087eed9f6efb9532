import type { Layer } from '@secateur/layers';
import { clone, dispose, keep, max, mean, min, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { tapCalls } from './call-tap.js';
import type { Reading } from './readings.js';

/** The constants that a layer reads. */
export interface MeasuredConstants {
  readonly reading: Reading;
  /** The shape of what it reads, batch axis included. */
  readonly shape: readonly number[];
  /** The axis of the channels. */
  readonly axis: number;
  /** For each index along the axis: the constant; where it is not the same at every position, NaN or the mean. */
  readonly values: Float64Array;
}

/** How far values may lie apart and still be one constant: kernels round the last bits of a vector's rest differently. */
const rounding = 1e-6;

/**
 * Measures what reaches layers, by running the model on a probe. The model is our own: its layers are looked into. With
 * `approximate`, what is not the same at every position counts by its mean.
 */
export async function measureConstants(
  model: LayersModel,
  readings: readonly Reading[],
  probe: readonly Tensor[],
  approximate: boolean,
): Promise<MeasuredConstants[]> {
  if (readings.length === 0) return [];
  const seen = new Map<Layer, Tensor[][]>();
  const untaps = [...new Set(readings.map(({ call }) => call.layer))].map((layer) => {
    const calls: Tensor[][] = [];
    seen.set(layer, calls);
    return tapCalls(layer, { outputs: (_, inputs) => calls.push(inputs.map((input) => keep(clone(input)))) });
  });
  try {
    dispose(model.predict([...probe], { batchSize: probe[0]?.shape[0] ?? 1 }));
    return await Promise.all(
      readings.map(async (reading) => {
        const calls = seen.get(reading.call.layer) ?? [];
        const tensors = calls.map((inputs) => inputs[reading.input ?? 0] as Tensor);
        const { shape } = tensors[0] as Tensor;
        const axis = axisOf(reading, shape.length);
        return { reading, shape, axis, values: await constantsAlong(tensors, axis, approximate) };
      }),
    );
  } finally {
    for (const untap of untaps) untap();
    for (const calls of seen.values()) dispose(calls.flat());
  }
}

/** The axis of the input that holds the channels. A recurrent cell's state is not among the traced inputs. */
function axisOf({ call, input, channels }: Reading, rank: number): number {
  const axes = call.inputs[input ?? 0]?.axes ?? [];
  const axis = axes.findIndex(
    (one) => one?.length === channels.length && one.every((id, index) => id === channels[index]),
  );
  return axis < 0 ? rank - 1 : axis;
}

async function constantsAlong(
  tensors: readonly Tensor[],
  axis: number,
  approximate: boolean,
): Promise<Float64Array> {
  const statistics = await Promise.all(
    tensors.map(async (tensor) => {
      const others = tensor.shape.map((_, index) => index).filter((index) => index !== axis);
      const [low, high, middle] = tidy(
        () => [min(tensor, others), max(tensor, others), mean(tensor, others)] as const,
      );
      const values = await Promise.all([low.data(), high.data(), middle.data()]);
      dispose([low, high, middle]);
      return values;
    }),
  );
  return Float64Array.from({ length: tensors[0]?.shape[axis] ?? 0 }, (_, index) => {
    const low = Math.min(...statistics.map(([lows]) => lows[index] as number));
    const high = Math.max(...statistics.map(([, highs]) => highs[index] as number));
    if (high - low <= rounding * Math.max(Math.abs(low), Math.abs(high))) return (low + high) / 2;
    if (!approximate) return Number.NaN;
    return statistics.reduce((total, [, , means]) => total + (means[index] as number), 0) / statistics.length;
  });
}
