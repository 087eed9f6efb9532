import { pruneLowMagnitude, updatePruningStep } from '@secateur/layers';
import { filters, neurons } from '@secateur/masks';
import { constantSparsity } from '@secateur/schedules';
import { registerWasmTraining } from '@secateur/wasm-train';
import { getBackend, io, memory, ones, randomNormal, tensor, zeros } from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers as l,
  loadLayersModel,
  model as modelOf,
  models,
  sequential,
} from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { channelGroups } from './channel-groups.js';
import type { GivenPlan } from './plan.js';
import { type ShrinkOptions, shrink } from './shrink.js';
import {
  answersOf,
  call,
  chain,
  differenceOf,
  errorOf,
  examplesFor,
  filled,
  recurrentInitializer,
  setWeight,
  silence,
  weightsOf,
} from './small-models.fixture.js';
import { StructureError } from './structure-error.js';

// The stock wasm backend can't train convolutions.
if (getBackend() === 'wasm') registerWasmTraining();

const dense = (name: string, units: number, args: object = {}): l.Layer => l.dense({ name, units, ...args });
const conv = (name: string, filters: number, args: object = {}): l.Layer =>
  l.conv2d({ name, filters, kernelSize: 3, ...args });
const remove = (layer: string, units: number, ...indices: number[]): GivenPlan => ({
  layers: [{ layer, units, remove: indices }],
});

const small = () => chain(dense('hidden', 4, { inputShape: [3], activation: 'tanh' }), dense('logits', 2));

const images = () =>
  chain(
    conv('conv', 4, { inputShape: [6, 6, 2], padding: 'same', activation: 'relu' }),
    l.batchNormalization({ name: 'norm' }),
    l.maxPooling2d({ name: 'pool', poolSize: 2 }),
    conv('next', 3, { activation: 'tanh' }),
    l.flatten({ name: 'flat' }),
    dense('logits', 2),
  );

async function saved(model: LayersModel): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts = {};
  await model.save(
    io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return artifacts;
}

describe('shrink by a plan', () => {
  it('takes units out of the weights that make them and that read them', async () => {
    const model = small();
    setWeight(model.layers[0], 'kernel', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    setWeight(model.layers[0], 'bias', [1, 2, 3, 4]);
    setWeight(model.layers[1], 'kernel', [1, 2, 3, 4, 5, 6, 7, 8]);
    setWeight(model.layers[1], 'bias', [1, 2]);
    const shrunk = await shrink(model, { plan: remove('hidden', 4, 1, 2) });
    expect(await weightsOf(shrunk.model)).toEqual({
      'hidden/kernel': [1, 4, 5, 8, 9, 12],
      'hidden/bias': [1, 4],
      'logits/kernel': [1, 2, 7, 8],
      'logits/bias': [1, 2],
    });
    expect(shrunk.report).toEqual({ maxRelError: expect.any(Number), absorbed: [], kept: [], inputs: [] });
    expect(shrunk.report.maxRelError).toBeLessThan(1e-5);
    expect(shrunk.plan.after.parameters).toBe(shrunk.model.countParams());
  });

  it('takes channels out of convolutions, a batch norm and what follows a flatten', async () => {
    const model = images();
    const { model: shrunk } = await shrink(model, {
      plan: { layers: [...remove('conv', 4, 0).layers, ...remove('next', 3, 1).layers] },
    });
    expect(shrunk.weights.map(({ originalName, shape }) => [originalName, shape])).toEqual([
      ['conv/kernel', [3, 3, 2, 3]],
      ['conv/bias', [3]],
      ['norm/gamma', [3]],
      ['norm/beta', [3]],
      ['next/kernel', [3, 3, 3, 2]],
      ['next/bias', [2]],
      ['logits/kernel', [2, 2]],
      ['logits/bias', [2]],
      ['norm/moving_mean', [3]],
      ['norm/moving_variance', [3]],
    ]);
    const [before, after] = [await weightsOf(model), await weightsOf(shrunk)];
    expect(after['norm/moving_mean']).toEqual(before['norm/moving_mean']?.slice(1));
    expect(after['logits/kernel']).toEqual([0, 1, 4, 5].map((i) => before['logits/kernel']?.[i]));
  });

  it('answers as the model whose next layer reads zeros there', async () => {
    const model = images();
    const masked = images();
    const [kernel, bias] = masked.getLayer('next').getWeights();
    const rows = [1, 0, 1, 1, 1, 0, 1, 1];
    const zeroed = Array.from((await kernel?.data()) ?? [], (value, i) =>
      rows[Math.floor(i / 3) % 4] === 0 ? 0 : value,
    );
    masked.getLayer('next').setWeights([tensor(zeroed, [3, 3, 4, 3]), bias as never]);
    const { model: shrunk } = await shrink(model, { plan: remove('conv', 4, 1) });
    expect(await differenceOf(masked, shrunk)).toBeLessThan(1e-6);
    expect(await differenceOf(model, shrunk)).toBeGreaterThan(1e-3);
  });

  it('takes channels out of a sum that has no weights', async () => {
    const made = () => {
      const [x, y] = [input({ shape: [3], name: 'x' }), input({ shape: [3], name: 'y' })];
      const dot = l.dot({ name: 'dot', axes: 1 });
      return filled(
        modelOf({ inputs: [x, y], outputs: call(dot, call(dense('a', 4), x), call(dense('b', 4), y)) }),
      );
    };
    const [model, masked] = [made(), made()];
    for (const name of ['a', 'b']) {
      silence(masked.getLayer(name), [1, 2], 4);
      setWeight(masked.getLayer(name), 'bias', [0.3, 0, 0, 0.4]);
      setWeight(model.getLayer(name), 'bias', [0.3, 0.1, 0.2, 0.4]);
    }
    const { model: shrunk, plan } = await shrink(model, { plan: remove('b', 4, 1, 2) });
    expect(plan.layers.map(({ layer }) => layer)).toEqual(['a', 'b']);
    expect(await differenceOf(masked, shrunk)).toBeLessThan(1e-6);
    expect(await differenceOf(model, shrunk)).toBeGreaterThan(1e-3);
  });

  const cell = (units: number) => l.gruCell({ units, recurrentInitializer });
  const wrapped: readonly [string, () => l.Layer, string, string[]][] = [
    [
      'both directions of a recurrent layer',
      () => {
        const layer = l.lstm({ units: 3, recurrentInitializer, returnSequences: true }) as l.RNN;
        return l.bidirectional({ name: 'layer', layer, mergeMode: 'concat', inputShape: [4, 2] });
      },
      'layer',
      ['2,8', '2,8', '8', '2,8', '2,8', '8', '4,1'],
    ],
    [
      'a layer at each time step',
      () => l.timeDistributed({ name: 'layer', layer: l.dense({ units: 3 }), inputShape: [4, 2] }),
      'layer',
      ['2,2', '2', '2,1'],
    ],
    [
      'one of several cells',
      () => l.rnn({ name: 'layer', cell: [cell(3), cell(2)], returnSequences: true, inputShape: [4, 2] }),
      'layer/first',
      ['2,6', '2,6', '6', '2,6', '2,6', '6', '2,1'],
    ],
    [
      'a recurrent convolution',
      () =>
        l.convLstm2d({
          name: 'layer',
          filters: 3,
          kernelSize: 2,
          recurrentInitializer,
          returnSequences: true,
          inputShape: [4, 5, 5, 2],
        }) as l.Layer,
      'layer',
      ['2,2,2,8', '2,2,2,8', '8', '2,1'],
    ],
  ];
  it.each(wrapped)('takes units out of %s', async (_, make, path, shapes) => {
    const model = chain(make(), l.timeDistributed({ layer: l.dense({ units: 1, useBias: false }) }));
    const name = path.replace('first', channelGroups(model).groups[0]?.name.split('/')[1] ?? '');
    const { model: shrunk, plan } = await shrink(model, { plan: remove(name, 3, 1) });
    expect(plan.layers).toEqual([{ layer: name, units: 3, remove: [1] }]);
    expect(shrunk.getWeights().map(({ shape }) => String(shape))).toEqual(shapes);
    const loaded = await loadLayersModel(io.fromMemory(await saved(shrunk)));
    expect(await differenceOf(shrunk, loaded)).toBe(0);
  });

  it('takes features out of the inputs that it names, and says which are left', async () => {
    const x = input({ shape: [4], name: 'x' });
    const y = input({ shape: [3], name: 'y' });
    const joined = call(l.concatenate({ name: 'both' }), x, y);
    const model = filled(modelOf({ inputs: [x, y], outputs: call(dense('logits', 2), joined) }));
    const { model: shrunk, report, plan } = await shrink(model, { plan: remove('x', 4, 0, 2) });
    expect(shrunk.inputs.map(({ sourceLayer, shape }) => [sourceLayer.name, shape])).toEqual([
      ['x', [null, 2]],
      ['y', [null, 3]],
    ]);
    expect(report.inputs).toEqual([{ layer: 'x', features: 4, indices: [1, 3] }]);
    expect(plan.layers).toEqual([{ layer: 'x', units: 4, remove: [0, 2] }]);
    const given = tensor([[9, 1, 9, 2]]);
    const [zeroed, rest] = [tensor([[0, 1, 0, 2]]), tensor([[3, 4, 5]])];
    expect(given.shape).toEqual(zeroed.shape);
    expect(await differenceOf(model, shrunk, [zeroed, rest], [tensor([[1, 2]]), rest])).toBeLessThan(1e-6);
  });

  it('takes the inputs to compare on', async () => {
    const options = { plan: remove('hidden', 4, 0) };
    for (const probe of [ones([2, 3]), [ones([5, 3])]]) {
      const { report } = await shrink(small(), { ...options, probe });
      expect(report.maxRelError).toBeLessThan(1e-6);
    }
    const tensors = memory().numTensors;
    const probe = zeros([2, 3]);
    const shrunk = await shrink(small(), { ...options, probe });
    shrunk.model.dispose();
    expect(probe.isDisposed).toBe(false);
    probe.dispose();
    expect(memory().numTensors - tensors).toBe(4); // those of the model that was given
  });

  it.each<[string, NonNullable<ShrinkOptions['probe']>, string]>([
    ['a wrong size', ones([2, 4]), '[2, 4]'],
    ['a wrong rank', ones([3]), '[3]'],
    ['too many', [ones([2, 3]), ones([2, 3])], '[2, 3] and [2, 3]'],
    ['none', [], ''],
  ])('refuses inputs that do not fit: %s', async (_, probe, given) => {
    const error = await errorOf(shrink(small(), { plan: remove('hidden', 4, 0), probe }));
    expect(StructureError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      message: `probe must have the shapes of the model's inputs, [any, 3], but has ${given}`,
      option: 'probe',
      value: probe,
    });
  });

  it.each([0, -1, Number.NaN])('refuses a tolerance of %s', async (tolerance) => {
    const error = await errorOf(shrink(small(), { plan: remove('hidden', 4, 0), tolerance }));
    expect(StructureError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      message: `tolerance must be a number above 0, but is ${tolerance}`,
      option: 'tolerance',
      value: tolerance,
    });
  });

  it('works for a model of one batch size', async () => {
    const model = chain(
      l.gru({ name: 'cells', units: 4, recurrentInitializer, stateful: true, batchInputShape: [2, 5, 3] }),
      dense('logits', 2),
    );
    const { model: shrunk } = await shrink(model, { plan: remove('cells', 4, 2) });
    expect(shrunk.inputs[0]?.shape).toEqual([2, 5, 3]);
    expect(shrunk.outputs[0]?.shape).toEqual([2, 2]);
    const [x] = examplesFor(model);
    expect(await answersOf(shrunk, x === undefined ? [] : [x])).toHaveLength(4);
  });
});

describe('a shrunk model', () => {
  /** Frozen layers, flags of single weights, a dtype, regularizers, initializers, metadata; nested and shared models. */
  function furnished(): LayersModel {
    const tower = sequential({
      name: 'tower',
      layers: [
        dense('deep', 4, { inputShape: [3], kernelRegularizer: 'l1l2', biasInitializer: 'ones' }),
        l.batchNormalization({ name: 'norm', momentum: 0.7, epsilon: 0.01 }),
        dense('deeper', 3, { activation: 'tanh', trainable: false, useBias: false }),
      ],
    });
    const words = input({ shape: [5], dtype: 'int32', name: 'words' });
    // The webgpu backend transposes a mask of [batch, steps, 1] wrongly.
    const maskZero = getBackend() !== 'webgpu';
    const embedded = call(l.embedding({ name: 'embedding', inputDim: 9, outputDim: 3, maskZero }), words);
    const shared = l.gru({ name: 'shared', units: 3, recurrentInitializer, goBackwards: true });
    const once = call(shared, embedded);
    const twice = call(tower, call(tower, once));
    const sum = call(l.add({ name: 'sum' }), twice, call(dense('beside', 3), once));
    const made = filled(
      modelOf({ inputs: words, outputs: call(dense('logits', 2), sum), name: 'furnished' }),
    );
    made.getLayer('embedding').trainable = false;
    made.setUserDefinedMetadata({ labels: ['a', 'b'], 'Kept as is': { threshold_1: 0.5 } });
    return made;
  }
  const plan = {
    layers: [
      { layer: 'tower/deep', units: 4, remove: [1, 3] },
      { layer: 'embedding', units: 3, remove: [0] },
      { layer: 'tower/deeper', units: 3, remove: [2] },
    ],
  };
  /** The topology without the sizes of layers. */
  const sizesAside = (model: LayersModel): unknown => {
    const sizeOf = (size: unknown) => (typeof size === 'number' ? 0 : size);
    const topology = JSON.stringify(model.toJSON(null, false), (key, value: unknown) => {
      if (key === 'batch_input_shape') return [value].flat().map(sizeOf);
      return key === 'units' || key === 'output_dim' ? 0 : value;
    });
    return JSON.parse(topology);
  };
  const flags = (model: LayersModel) =>
    model.weights.map(({ originalName, trainable, dtype }) => [originalName, trainable, dtype]);

  it('is the given one but for the sizes', async () => {
    const model = furnished();
    const { model: shrunk } = await shrink(model, { plan });
    const copy = await models.modelFromJSON({
      modelTopology: model.toJSON(null, false) as io.ModelJSON['modelTopology'],
    });
    expect(sizesAside(shrunk)).toEqual(sizesAside(copy));
    expect(shrunk.name).toBe('furnished');
    expect(flags(shrunk)).toEqual(flags(model));
    expect(shrunk.getUserDefinedMetadata()).toEqual({
      labels: ['a', 'b'],
      'Kept as is': { threshold_1: 0.5 },
    });
    expect(shrunk.inputs[0]?.dtype).toBe('int32');
    const units = (name: string) => shrunk.getLayer(name).getConfig().units;
    expect([units('shared'), units('beside'), units('logits')]).toEqual([2, 2, 2]);
  });

  it('saves and loads with stock tfjs', async () => {
    const { model: shrunk } = await shrink(furnished(), { plan });
    const artifacts = await saved(shrunk);
    const loaded = await loadLayersModel(io.fromMemory(artifacts));
    const words = tensor([[1, 2, 0, 8, 3]], [1, 5], 'int32');
    expect(await answersOf(loaded, [words])).toEqual(await answersOf(shrunk, [words]));
    expect(artifacts.userDefinedMetadata).toEqual(furnished().getUserDefinedMetadata());
  });

  it('has tensors of its own, and trains on', async () => {
    const model = small();
    const { model: shrunk } = await shrink(model, { plan: remove('hidden', 4, 0) });
    const before = await weightsOf(model);
    shrunk.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await shrunk.trainOnBatch(ones([2, 3]), ones([2, 2]));
    expect(await weightsOf(model)).toEqual(before);
    model.dispose();
    expect(await answersOf(shrunk, [ones([1, 3])])).toHaveLength(2);
  });
});

describe('the given model', () => {
  const wrong: GivenPlan = remove('conv', 4, 0, 1, 2, 3);
  it.each<[string, ShrinkOptions, boolean]>([
    ['with a plan', { plan: remove('conv', 4, 2) }, true],
    ['without a plan', {}, true],
    ['with a wrong plan', { plan: wrong }, false],
    ['with a wrong probe', { plan: remove('conv', 4, 2), probe: ones([1]) }, false],
    ['with a tolerance that is missed', { plan: remove('conv', 4, 2), tolerance: 1e-30 }, true],
  ])('stays as it is, and nothing is left over: %s', async (_, options, _succeeds) => {
    const model = images();
    silence(model.getLayer('conv'), [1], 4);
    const [weights, config] = [await weightsOf(model), JSON.stringify(model.toJSON(null, false))];
    const tensors = model.weights.map((weight) => weight.read());
    const { numTensors } = memory();
    const result = await shrink(model, options).catch(() => undefined);
    result?.model.dispose();
    expect(memory().numTensors).toBe(numTensors);
    expect(model.weights.map((weight) => weight.read())).toEqual(tensors);
    expect(await weightsOf(model)).toEqual(weights);
    expect(JSON.stringify(model.toJSON(null, false))).toBe(config);
  });

  it('may be in use: it trains on after it was shrunk', async () => {
    const model = small();
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await model.trainOnBatch(ones([2, 3]), ones([2, 2]));
    await shrink(model, { plan: remove('hidden', 4, 1) });
    const before = await weightsOf(model);
    await model.trainOnBatch(ones([2, 3]), ones([2, 2]));
    expect(await weightsOf(model)).not.toEqual(before);
  });
});

describe('shrink without a plan', () => {
  it('leaves a model without zeros whole, in a copy', async () => {
    const model = images();
    const { model: copy, plan, report } = await shrink(model);
    expect(plan.layers).toEqual([]);
    expect(plan.after).toEqual(plan.before);
    expect(report).toEqual({ maxRelError: 0, absorbed: [], kept: [], inputs: [] });
    expect(copy).not.toBe(model);
    expect(await weightsOf(copy)).toEqual(await weightsOf(model));
  });

  it('takes out what nothing reads', async () => {
    const model = small();
    setWeight(model.layers[1], 'kernel', [1, 2, 0, 0, 5, 6, 0, 8]);
    const { model: shrunk, plan, report } = await shrink(model);
    expect(plan.layers).toEqual([{ layer: 'hidden', units: 4, remove: [1] }]);
    expect(report).toMatchObject({ absorbed: [], kept: [] });
    expect(await differenceOf(model, shrunk)).toBeLessThan(1e-6);
  });

  it('takes out what nothing goes into', async () => {
    const model = small();
    silence(model.layers[0], [0, 3], 4);
    setWeight(model.layers[0], 'bias');
    const { model: shrunk, plan, report } = await shrink(model);
    expect(plan.layers).toEqual([{ layer: 'hidden', units: 4, remove: [0, 3] }]);
    expect(report).toMatchObject({ absorbed: [], kept: [] });
    expect(await differenceOf(model, shrunk)).toBeLessThan(1e-6);
    expect(plan.before).toEqual({ parameters: 26, macs: 20 });
    expect(plan.after).toEqual({ parameters: 14, macs: 10 });
  });

  it.each(['lstm', 'gru', 'simpleRNN'] as const)('takes out dead units of an %s', async (kind) => {
    const model = chain(
      l[kind]({ name: 'cells', units: 4, recurrentInitializer, inputShape: [5, 3] }),
      dense('logits', 2),
    );
    silence(model.layers[0], [1, 2], 4);
    setWeight(model.layers[0], 'bias');
    const { model: shrunk, plan } = await shrink(model);
    expect(plan.layers).toEqual([{ layer: 'cells', units: 4, remove: [1, 2] }]);
    expect(await differenceOf(model, shrunk)).toBeLessThan(1e-5);
  });

  it('leaves one unit to a layer that is all dead', async () => {
    const model = chain(
      dense('first', 3, { inputShape: [4] }),
      dense('dead', 4, { activation: 'sigmoid' }),
      dense('logits', 2),
    );
    silence(model.layers[1], [0, 1, 2, 3], 4);
    const { model: shrunk, plan } = await shrink(model);
    expect(plan.layers).toEqual([
      { layer: 'first', units: 3, remove: [1, 2] },
      { layer: 'dead', units: 4, remove: [1, 2, 3] },
    ]);
    expect(await differenceOf(model, shrunk)).toBeLessThan(1e-6);
  });

  it('removes no unit that only one of two added layers has at zero', async () => {
    const x = input({ shape: [5], name: 'x' });
    const a = call(dense('a', 4), x);
    const b = call(dense('b', 4), x);
    const model = filled(modelOf({ inputs: x, outputs: call(dense('logits', 2), call(l.add(), a, b)) }));
    silence(model.getLayer('a'), [0, 1], 4);
    silence(model.getLayer('b'), [1, 2], 4);
    const { model: shrunk, plan } = await shrink(model);
    expect(plan.layers).toEqual([
      { layer: 'a', units: 4, remove: [1] },
      { layer: 'b', units: 4, remove: [1] },
    ]);
    expect(await differenceOf(model, shrunk)).toBeLessThan(1e-6);
  });

  it('takes out features of an input that nothing reads, when asked', async () => {
    const model = chain(dense('hidden', 2, { inputShape: [4], name: 'hidden' }), dense('logits', 2));
    setWeight(model.layers[0], 'kernel', [1, 2, 0, 0, 3, 0, 0, 0]);
    const whole = await shrink(model);
    expect(whole.model.inputs[0]?.shape).toEqual([null, 4]);
    const { model: shrunk, report } = await shrink(model, { inputs: true });
    expect(shrunk.inputs[0]?.shape).toEqual([null, 2]);
    expect(report.inputs).toMatchObject([{ indices: [0, 2] }]);
    const [x, y] = [tensor([[5, 6, 7, 8]]), tensor([[5, 7]])];
    expect(await differenceOf(model, shrunk, [x], [y])).toBeLessThan(1e-6);
  });

  it('keeps what is not a number: NaN is no zero', async () => {
    const model = small();
    silence(model.layers[0], [0], 4);
    setWeight(model.layers[0], 'bias');
    setWeight(model.layers[0], 'kernel', [Number.NaN, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    const { plan } = await shrink(model, { tolerance: 1 });
    expect(plan.layers).toEqual([{ layer: 'hidden', units: 4, remove: [2] }]);
  });
});

describe('a model that was pruned by whole units', () => {
  const schedule = constantSparsity({ targetSparsity: 0.5, beginStep: 0, frequency: 1 });
  const mlp = () =>
    chain(
      dense('first', 8, { inputShape: [6], activation: 'relu' }),
      dense('second', 6, { activation: 'tanh' }),
      dense('logits', 2),
    );
  const convNet = () =>
    chain(
      conv('first', 6, { inputShape: [8, 8, 2], activation: 'relu' }),
      l.batchNormalization({ name: 'norm' }),
      conv('second', 4, { activation: 'relu' }),
      l.globalAveragePooling2d({ name: 'mean' }),
      dense('logits', 2),
    );
  it.each([
    ['neurons', mlp, neurons, { first: 4, second: 3 }],
    ['filters', convNet, filters, { first: 3, second: 2 }],
  ] as const)('is shrunk by its masks: %s', async (_, make, strategy, left) => {
    const model = pruneLowMagnitude(make(), { schedule, strategy: strategy(), layers: { logits: false } });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [shape] = [model.inputs[0]?.shape.slice(1) as number[]];
    const [x, y] = [
      randomNormal([12, ...shape], 0, 1, 'float32', 1),
      randomNormal([12, 2], 0, 1, 'float32', 2),
    ];
    await model.fit(x, y, { batchSize: 4, epochs: 1, verbose: 0, callbacks: updatePruningStep() });
    const { model: shrunk, plan, report } = await shrink(model);
    expect(
      Object.fromEntries(plan.layers.map(({ layer, units, remove }) => [layer, units - remove.length])),
    ).toEqual(left);
    expect(report.kept).toEqual([]);
    expect(shrunk.layers.map((layer) => layer.getClassName())).not.toContain('PruneLowMagnitude');
    expect(shrunk.countParams()).toBe(plan.after.parameters);
    expect(await differenceOf(model, shrunk, [x])).toBeLessThan(1e-5);
    expect(
      await differenceOf(model, await loadLayersModel(io.fromMemory(await saved(shrunk))), [x]),
    ).toBeLessThan(1e-5);
  });
});
