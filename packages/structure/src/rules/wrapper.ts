import type { Layer } from '@secateur/layers';
import { concatenated, type TensorChannels, tracked, withoutAxis } from '../channels.js';
import type { ChannelContext, ChannelRule } from '../rule.js';

const innerLayer = (layer: Layer): Layer => (layer as Layer & { readonly layer: Layer }).layer;

/** TimeDistributed: the layer inside, for each index of axis 1. */
export const timeDistributed: ChannelRule = ({ layer, inputs: [x], outputShapes }, context) => {
  if (x === undefined) return { outputs: [] };
  const inner = innerLayer(layer);
  const time = x.axes[1] ?? null;
  const step = withoutAxis(x, 1);
  const outputs = context.trace(inner, [step], { times: time ?? x.shape[1] ?? null });
  return {
    outputs: outputs.map(({ axes }, index) => ({
      shape: outputShapes[index] ?? [],
      axes: [null, time, ...axes.slice(1)],
    })),
    parts: [{ layer: inner, at: ['layer'] }],
  };
};

/** The wrapper of @secateur/layers is transparent. */
export const pruningWrapper: ChannelRule = ({ layer, inputs }, context) => {
  const inner = innerLayer(layer);
  return { outputs: context.trace(inner, inputs), parts: [{ layer: inner, at: ['layer'] }] };
};

/**
 * Bidirectional: one config makes both directions, so unit u of the one goes with unit u of the other. `mergeMode`
 * puts them behind one another, combines them, or (null) gives both.
 */
export const bidirectional: ChannelRule = (
  { layer, config, inputs: [x, ...initial], outputShapes },
  context,
) => {
  if (x === undefined) return { outputs: [] };
  const { forwardLayer, backwardLayer } = layer as Layer & {
    readonly forwardLayer: Layer;
    readonly backwardLayer: Layer;
  };
  const half = initial.length / 2;
  const forward = context.trace(forwardLayer, [x, ...initial.slice(0, half)]);
  const backward = context.trace(backwardLayer, [x, ...initial.slice(half)]);
  forward.forEach((tensor, index) => {
    bindTensors(tensor, backward[index] as TensorChannels, context);
  });
  const [f, ...forwardStates] = forward as [TensorChannels, ...TensorChannels[]];
  const [b, ...backwardStates] = backward as [TensorChannels, ...TensorChannels[]];
  const merged = merge(config.mergeMode, f, b, context);
  return {
    outputs: [...merged, ...forwardStates, ...backwardStates].map(({ axes }, index) => ({
      shape: outputShapes[index] ?? [],
      axes,
    })),
    parts: [{ layer: forwardLayer, at: ['layer'] }, { layer: backwardLayer }],
  };
};

function merge(
  mode: unknown,
  f: TensorChannels,
  b: TensorChannels,
  context: ChannelContext,
): TensorChannels[] {
  if (mode === null) return [f, b];
  const last = f.axes.length - 1;
  const [units, others] = [f.axes[last], b.axes[last]];
  if (!units || !others) return [f];
  const merged = mode === 'concat' ? concatenated([units, others]) : context.derive([units, others]);
  return [tracked(f.shape, { [last]: merged })];
}

function bindTensors(a: TensorChannels, b: TensorChannels, context: ChannelContext): void {
  a.axes.forEach((channels, index) => {
    const other = b.axes[index] ?? null;
    if (channels !== null || other !== null) context.unify(channels, other);
  });
}
