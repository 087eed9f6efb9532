import type { LayerTrace } from './layer-trace.js';
import { isBuiltIn } from './rule-registry.js';
import type { ModelTrace } from './tracing.js';
import { nonZeroIndices } from './zero-indices.js';

/** Where a layer reads channels. */
export interface Reading {
  readonly call: LayerTrace;
  /** The weight that reads, or undefined for a layer that sums without one. */
  readonly weight: string | undefined;
  /** Which of the layer's inputs it reads, or undefined for what a custom layer has inside. */
  readonly input: number | undefined;
  readonly channels: Int32Array;
  /** The same channels as each call of the layer reads them. */
  readonly calls: readonly Int32Array[];
  /** 1 for each index that the weight is not zero at. */
  readonly isRead: Uint8Array;
}

/** Every place where channels are read. */
export async function readingsOf({ layers }: ModelTrace): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const call of layers.values()) {
    const isCustom = !isBuiltIn(call.layer.getClassName());
    for (const { variable, name, axes, calls } of call.variables) {
      for (const [index, axis] of axes.entries()) {
        if (axis?.role !== 'in') continue;
        const isRead = await nonZeroIndices(variable, index);
        const input = isCustom ? undefined : (axis.input ?? 0);
        const ofCalls = calls.flatMap((one) => one[index]?.channels ?? []);
        readings.push({ call, weight: name, input, channels: axis.channels, calls: ofCalls, isRead });
      }
    }
    for (const { input, axis } of call.channels.contracted ?? []) {
      const channels = call.inputs[input]?.axes[axis];
      if (!channels) continue;
      const isRead = new Uint8Array(channels.length).fill(1);
      const known = isCustom ? undefined : input;
      readings.push({ call, weight: undefined, input: known, channels, calls: [channels], isRead });
    }
  }
  return readings;
}
