import { fromFunction, type MaskStrategy, magnitude, neurons, packMask, unpackMask } from '@secateur/masks';
import { constantSparsity } from '@secateur/schedules';
import { io, memory, randomNormal, type Tensor, tensor1d, train } from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  loadLayersModel,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { PruningError } from './errors.js';
import { pruneLowMagnitude } from './prune-low-magnitude.js';
import { wrappersOf } from './start-pruning.js';
import { stripPruning } from './strip-pruning.js';
import { updatePruningStep } from './update-pruning-step.js';
import { weightSparsity } from './weight-sparsity.js';

const schedule = constantSparsity({ targetSparsity: 0.5, beginStep: 0, frequency: 2 });
const normal = (shape: number[], seed: number) => randomNormal(shape, 0, 1, 'float32', seed);
const symbolic = (value: unknown) => value as SymbolicTensor;
const recurrentInitializer = 'glorotNormal';

const models: Readonly<Record<string, () => LayersModel>> = {
  sequential: () =>
    sequential({
      layers: [
        layers.dense({ name: 'first', units: 6, activation: 'relu', inputShape: [5] }),
        layers.batchNormalization({ name: 'norm' }),
        layers.dense({ name: 'frozen', units: 4, trainable: false }),
        layers.dense({ name: 'out', units: 2 }),
      ],
    }),
  'nested and shared': () => {
    const tower = sequential({
      name: 'tower',
      layers: [
        layers.dense({ name: 'deep', units: 4, activation: 'tanh', inputShape: [5] }),
        sequential({ name: 'inner', layers: [layers.dense({ name: 'deeper', units: 3, inputShape: [4] })] }),
      ],
    });
    const shared = layers.dense({ name: 'shared', units: 5 });
    const x = input({ name: 'x', shape: [5] });
    const once = shared.apply(x);
    const both = [symbolic(tower.apply(once)), symbolic(tower.apply(shared.apply(once)))];
    const sum = layers.add({ name: 'sum' }).apply(both);
    return model({ inputs: x, outputs: symbolic(layers.dense({ name: 'out', units: 2 }).apply(sum)) });
  },
  recurrent: () =>
    sequential({
      layers: [
        layers.reshape({ name: 'steps', targetShape: [5, 1], inputShape: [5] }),
        layers.bidirectional({
          name: 'both',
          layer: layers.lstm({ units: 2, returnSequences: true, recurrentInitializer }),
          mergeMode: 'concat',
        }),
        layers.timeDistributed({ name: 'each', layer: layers.dense({ units: 3 }) }),
        layers.gru({ name: 'gru', units: 3, recurrentInitializer }),
        layers.dense({ name: 'out', units: 2 }),
      ],
    }),
};

const x = normal([12, 5], 1);
const y = normal([12, 2], 2);

async function wrapped(
  build: () => LayersModel,
  options: { strategy?: MaskStrategy } = {},
): Promise<LayersModel> {
  const result = pruneLowMagnitude(build(), { schedule, ...options });
  result.compile({ optimizer: train.momentum(0.05, 0.9), loss: 'meanSquaredError' });
  return result;
}

const fit = (built: LayersModel) =>
  built.fit(x, y, { batchSize: 4, epochs: 2, verbose: 0, callbacks: updatePruningStep() });

const valuesOf = async (tensor: Tensor) => Array.from(await tensor.data());
const predictionsOf = (built: LayersModel) => valuesOf(built.predict(x) as Tensor);

async function weightsOf(built: LayersModel): Promise<Record<string, number[]>> {
  const entries = built.weights.map(async (w) => [w.originalName, await valuesOf(w.read())] as const);
  return Object.fromEntries(await Promise.all(entries));
}

const classesOf = (built: LayersModel): string[] =>
  built.layers.flatMap((layer) =>
    'layers' in layer ? classesOf(layer as LayersModel) : [layer.getClassName()],
  );

describe.each(Object.entries(models))('a stripped model: %s', (_, build) => {
  it.each([false, true])('predicts as the wrapped one (trained: %s)', async (trained) => {
    const source = await wrapped(build);
    if (trained) await fit(source);
    const [before, predictions] = [await weightsOf(source), await predictionsOf(source)];
    const stripped = await stripPruning(source);
    expect(await predictionsOf(stripped)).toEqual(predictions);
    expect(await weightsOf(source)).toEqual(before);

    expect(classesOf(stripped)).toEqual(classesOf(build()));
    const weights = await weightsOf(stripped);
    expect(Object.keys(weights).sort()).toEqual(
      Object.keys(before)
        .filter((name) => !/_mask$|pruning_step$/.test(name))
        .sort(),
    );
    const names = (built: LayersModel) => built.trainableWeights.map(({ originalName }) => originalName);
    expect(names(stripped)).toEqual(names(source));
    expect(await weightSparsity(stripped)).toEqual(await weightSparsity(source));
  });

  it('has no negative zero among its pruned weights, and all others as they were', async () => {
    const source = await wrapped(build);
    await fit(source);
    const stripped = await weightsOf(await stripPruning(source));
    const before = await weightsOf(source);
    let pruned = 0;
    for (const { wrapper } of wrappersOf(source)) {
      const masks = await wrapper.readMasks();
      for (const [index, { variable }] of wrapper.pruned.entries()) {
        const mask = masks[index];
        if (mask === undefined) throw new Error('no mask');
        const [values, old] = [stripped[variable.originalName] ?? [], before[variable.originalName] ?? []];
        const expected = Array.from(unpackMask(mask), (kept, i) => (kept === 1 ? old[i] : 0));
        expect(values).toEqual(expected); // toEqual tells +0 from -0
        pruned += values.filter((value) => Object.is(value, 0)).length;
      }
    }
    expect(pruned).toBeGreaterThan(20);
  });

  it('is opened by the stock loader, when saved', async () => {
    const source = await wrapped(build);
    await fit(source);
    const stripped = await stripPruning(source);
    let saved: io.ModelArtifacts = {};
    await stripped.save(
      io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const topology = JSON.stringify(saved.modelTopology);
    expect(topology).not.toMatch(/prun/i);
    const loaded = await loadLayersModel(io.fromMemory({ ...saved, modelTopology: JSON.parse(topology) }));
    expect(await predictionsOf(loaded)).toEqual(await predictionsOf(source));
  });

  it('leaves no tensor but its weights, which go with it', async () => {
    const source = await wrapped(build);
    const before = memory().numTensors;
    const stripped = await stripPruning(source);
    expect(memory().numTensors).toBe(before + stripped.weights.length);
    if (build === models['nested and shared']) return; // tfjs can't free a layer that is used twice
    stripped.dispose();
    expect(memory().numTensors).toBe(before);
  });
});

describe('stripPruning', () => {
  const small = () =>
    sequential({
      layers: [
        layers.dense({ name: 'd', units: 4, biasInitializer: 'ones', inputShape: [5] }),
        layers.dense({ name: 'out', units: 2 }),
      ],
    });

  it('masks the biases of pruned units', async () => {
    const source = await wrapped(small, { strategy: neurons() });
    await fit(source);
    // Weights that someone changed after the last update.
    for (const { wrapper } of wrappersOf(source)) {
      for (const { variable, bias } of wrapper.pruned) {
        variable.write(normal(variable.shape as number[], 5));
        bias?.write(normal(bias.shape as number[], 6));
      }
    }
    const weights = await weightsOf(await stripPruning(source));
    const zeros = (name: string) => weights[name]?.filter((value) => Object.is(value, 0)).length;
    expect([zeros('d/kernel'), zeros('d/bias'), zeros('out/kernel'), zeros('out/bias')]).toEqual([
      10, 2, 4, 1,
    ]);
  });

  it('needs no strategy that can be saved', async () => {
    const strategy = fromFunction(({ values }) => packMask(values.map((_, index) => index % 2)));
    const source = await wrapped(small, { strategy });
    await fit(source);
    expect(await weightSparsity(await stripPruning(source))).toEqual({ d: 0.5, out: 0.5 });
  });

  it('copies a model that was never wrapped', async () => {
    const source = small();
    const stripped = await stripPruning(source);
    expect(stripped).not.toBe(source);
    expect(await weightsOf(stripped)).toEqual(await weightsOf(source));
  });

  it('keeps the metadata', async () => {
    const source = await wrapped(small);
    source.setUserDefinedMetadata({ classes: ['a', 'b'] });
    expect((await stripPruning(source)).getUserDefinedMetadata()).toEqual({ classes: ['a', 'b'] });
  });

  it('refuses a damaged mask, and leaves nothing behind', async () => {
    const source = await wrapped(small, { strategy: magnitude() });
    const mask = source.weights.find(({ originalName }) => originalName === 'd/kernel_mask');
    const words = tensor1d([1 << 30], 'int32');
    mask?.write(words);
    const before = memory().numTensors;
    await expect(stripPruning(source)).rejects.toThrow(PruningError);
    await expect(stripPruning(source)).rejects.toThrow(/"d\/kernel" is damaged/);
    expect(memory().numTensors).toBe(before);
  });
});
