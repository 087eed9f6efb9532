import { pruneLowMagnitude, updatePruningStep } from '@secateur/layers';
import { unpackMask } from '@secateur/masks';
import { constantSparsity } from '@secateur/schedules';
import { registerWasmTraining } from '@secateur/wasm-train';
import { dispose, getBackend, randomUniform } from '@tensorflow/tfjs-core';
import { type LayersModel, layers as l, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { type ChannelMaskOptions, channelMasks } from './channel-masks.js';
import { shrink } from './shrink.js';
import { chain, differenceOf, filled, recurrentInitializer } from './small-models.fixture.js';
import { StructureError } from './structure-error.js';

// The stock wasm backend can't train convolutions.
if (getBackend() === 'wasm') registerWasmTraining();

const schedule = constantSparsity({ targetSparsity: 0.5, beginStep: 0, frequency: 2 });

async function trained(model: LayersModel, options: ChannelMaskOptions = {}): Promise<LayersModel> {
  const wrapped = pruneLowMagnitude(model, { schedule, strategy: channelMasks(model, options) });
  wrapped.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const sizes = (shape: readonly (number | null)[]) => [12, ...shape.slice(1).map((size) => size ?? 1)];
  const x = randomUniform(sizes(model.inputs[0]?.shape ?? []), -1, 1, 'float32', 1);
  const y = randomUniform(sizes(model.outputs[0]?.shape ?? []), -1, 1, 'float32', 2);
  await wrapped.fit(x, y, {
    batchSize: 3,
    epochs: 2,
    verbose: 0,
    shuffle: false,
    callbacks: [updatePruningStep()],
  });
  dispose([x, y]);
  return wrapped;
}

const models: Readonly<Record<string, () => LayersModel>> = {
  dense: () =>
    chain(
      l.dense({ units: 8, inputShape: [5], activation: 'sigmoid' }),
      l.dense({ units: 6, activation: 'softplus' }),
      l.dense({ units: 2 }),
    ),
  'convolutions with padding, batch norm and biases': () =>
    chain(
      l.conv2d({ filters: 6, kernelSize: 3, padding: 'same', inputShape: [6, 6, 2] }),
      l.batchNormalization(),
      l.activation({ activation: 'sigmoid' }),
      l.depthwiseConv2d({ kernelSize: 3, padding: 'same' }),
      l.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
      l.flatten(),
      l.dense({ units: 2 }),
    ),
  lstm: () =>
    chain(
      l.lstm({ units: 6, inputShape: [4, 3], returnSequences: true, recurrentInitializer }),
      l.bidirectional({ layer: l.gru({ units: 4, recurrentInitializer }) as l.RNN }),
      l.dense({ units: 2 }),
    ),
  nested: () =>
    filled(
      sequential({
        layers: [
          sequential({
            layers: [l.dense({ units: 8, inputShape: [5] }), l.dense({ units: 6, activation: 'tanh' })],
          }),
          l.dense({ units: 2 }),
        ],
      }),
    ),
};

describe('channelMasks', () => {
  it.each(Object.keys(models))('masks whole groups, which shrink then removes: %s', async (name) => {
    const model = models[name]?.() as LayersModel;
    const wrapped = await trained(model);
    const { model: small, plan, report } = await shrink(wrapped);
    const { layers } = plan;
    expect(report.kept).toEqual([]);
    for (const { units, remove } of layers) expect(remove.length).toBe(Math.floor(units / 2));
    expect(layers.length).toBeGreaterThan(0);
    expect(await differenceOf(wrapped, small)).toBeLessThan(1e-5);
  });

  it('ranks the channels of all layers together', async () => {
    const model = models.dense?.() as LayersModel;
    const { plan } = await shrink(await trained(model, { scope: 'model' }));
    expect(plan.layers.reduce((count, { remove }) => count + remove.length, 0)).toBe(7);
  });

  it('gives a mask for each weight, zero where a channel is made or read', () => {
    const model = chain(l.dense({ name: 'a', units: 2, inputShape: [2] }), l.dense({ name: 'b', units: 2 }));
    const view = (name: string, values: number[]) =>
      ({ name, kind: 'dense', shape: [2, 2], values: Float32Array.from(values) }) as const;
    const masks = channelMasks(model).masks(
      [view('a/kernel', [1, 5, -1, 2]), view('b/kernel', [3, 4, 5, 6]), view('other', [1, 1, 1, 1])],
      0.5,
    );
    expect(masks.map((mask) => [...unpackMask(mask)])).toEqual([
      [0, 1, 0, 1],
      [0, 0, 1, 1],
      [1, 1, 1, 1],
    ]);
  });

  it('leaves a group alone of which no weight is masked', () => {
    const model = chain(
      l.dense({ name: 'a', units: 4, inputShape: [2] }),
      l.dense({ name: 'b', units: 4 }),
      l.dense({ name: 'c', units: 1 }),
    );
    const weight = {
      name: 'c/kernel',
      kind: 'dense',
      shape: [4, 1],
      values: Float32Array.of(1, 2, 3, 4),
    } as const;
    expect(
      channelMasks(model)
        .masks([weight], 0.5)
        .map((mask) => [...unpackMask(mask)]),
    ).toEqual([[1, 1, 1, 1]]);
  });

  it('refuses an option that is out of range', () => {
    const model = models.dense?.() as LayersModel;
    expect(() => channelMasks(model, { roundTo: -1 })).toThrow(StructureError);
    expect(() => channelMasks(model, { ratios: { nowhere: 1 } }).masks([], 0.5)).toThrow(
      /"nowhere" makes no channels/,
    );
  });
});
