import type { AxisChannels, TensorChannels } from './channels.js';
import type { LayerTrace } from './layer-trace.js';
import type { ChannelContext, ConfigSize, LayerChannels } from './rule.js';

/** Binds another call of a layer to its first one, wherever the layer's sizes depend on it. */
export function bindRepeatedCall(
  first: LayerTrace,
  inputs: readonly TensorChannels[],
  channels: LayerChannels,
  unify: ChannelContext['unify'],
): void {
  for (const [name, axes] of Object.entries(channels.weights ?? {})) {
    axes.forEach((axis, index) => {
      unify(first.channels.weights?.[name]?.[index]?.channels ?? null, axis?.channels ?? null);
    });
  }
  if (channels.units !== undefined) unify(first.channels.units ?? null, channels.units);
  for (const [key, size] of Object.entries(channels.config ?? {})) {
    unifySizes(first.channels.config?.[key] ?? null, size, unify);
  }
  if (first.layer.getConfig().batchInputShape !== undefined) {
    inputs.forEach(({ axes }, index) => {
      axes.forEach((axis, i) => {
        unify(first.inputs[index]?.axes[i] ?? null, axis);
      });
    });
  }
}

function unifySizes(a: ConfigSize, b: ConfigSize, unify: ChannelContext['unify']): void {
  if (isList(a) && isList(b)) {
    a.forEach((one, index) => {
      unifySizes(one, b[index] ?? null, unify);
    });
  } else {
    unify(asAxis(a), asAxis(b));
  }
}

function isList(size: ConfigSize): size is readonly ConfigSize[] {
  return Array.isArray(size);
}

function asAxis(size: ConfigSize): AxisChannels {
  return size instanceof Int32Array ? size : null;
}
