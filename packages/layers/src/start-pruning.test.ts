import { filters, type Mask, type MaskStrategy, magnitude, neurons, packMask } from '@secateur/masks';
import { constantSparsity } from '@secateur/schedules';
import { ones, tensor, train } from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { type PruneOptions, PruningError, pruneLowMagnitude, startPruning, wrappersOf } from './index.js';
import { inputsOf, models, targetsOf } from './models.fixture.js';
import { countZeros, normal, seedWeights, valuesOf, weightNamed } from './tensors.fixture.js';

const half = constantSparsity({ targetSparsity: 0.5, beginStep: 0, frequency: 1 });
const x = normal([8, 4], 1);
const y = normal([8, 2], 2);

function dense(options: Partial<PruneOptions>): LayersModel {
  const model = seedWeights(
    sequential({
      layers: [
        layers.dense({ name: 'first', units: 4, activation: 'tanh', inputShape: [4] }),
        layers.dense({ name: 'second', units: 2 }),
      ],
    }),
  );
  return pruneLowMagnitude(model, { schedule: half, ...options });
}

describe('startPruning', () => {
  it('zeroes the biases of pruned neurons after each update, too', async () => {
    const model = dense({
      strategy: neurons(),
      schedule: constantSparsity({ targetSparsity: 0.5, beginStep: 0 }),
    });
    // Columns 1 and 2 are the weakest; of the second layer column 1 is.
    weightNamed(model, 'first/kernel').write(tensor([4, 1, 2, 3].map((v) => [v, v, v, v])).transpose());
    weightNamed(model, 'second/kernel').write(
      tensor([
        [2, 1],
        [2, 1],
        [2, 1],
        [2, 1],
      ]),
    );
    model.compile({ optimizer: train.momentum(0.1, 0.9), loss: 'meanSquaredError' });
    const pruning = await startPruning(model);
    const zeroAt = (values: number[]) => values.flatMap((value, index) => (value === 0 ? [index] : []));
    for (let batch = 0; batch <= 3; batch += 1) {
      expect(zeroAt(await valuesOf(weightNamed(model, 'first/bias')))).toEqual([1, 2]);
      expect(zeroAt(await valuesOf(weightNamed(model, 'first/kernel')))).toEqual([1, 2, 5, 6, 9, 10, 13, 14]);
      expect(zeroAt(await valuesOf(weightNamed(model, 'second/bias')))).toEqual([1]);
      await model.trainOnBatch(x, y);
      await pruning.step();
    }
    expect(pruning.sparsity()).toEqual({ first: 0.5, second: 0.5 });
    pruning.stop();
  });

  it('zeroes the biases of pruned filters, depthwise ones on request', async () => {
    const convolutional = models.convolutional;
    if (convolutional === undefined) throw new Error('no model');
    const model = pruneLowMagnitude(seedWeights(convolutional.build()), {
      schedule: half,
      strategy: filters(),
      layers: { logits: false, depthwise: { weights: ['depthwise_kernel'] } },
    });
    model.compile({ optimizer: train.adam(0.01), loss: 'meanSquaredError' });
    const pruning = await startPruning(model);
    const [inputs, targets] = [inputsOf(convolutional, model, 4), targetsOf(model, 4)];
    for (let batch = 0; batch < 3; batch += 1) {
      await model.trainOnBatch(inputs, targets);
      await pruning.step();
      // Adam has moved each bias that is not masked.
      const pruned = ['conv', 'depthwise', 'separable', 'up'].map(async (name) =>
        countZeros(await valuesOf(weightNamed(model, `${name}/bias`))),
      );
      expect(await Promise.all(pruned)).toEqual([2, 2, 1, 1]);
      const [kernel, bias] = [weightNamed(model, 'conv/kernel'), weightNamed(model, 'conv/bias')];
      const filterSums = await valuesOf(kernel.read().abs().sum([0, 1, 2]));
      expect((await valuesOf(bias)).map((value) => value === 0)).toEqual(filterSums.map((sum) => sum === 0));
    }
    expect(pruning.sparsity()).toEqual({ conv: 0.5, depthwise: 0.5, separable: 1 / 3, up: 0.5 });
    pruning.stop();
  });

  it('ranks all layers of one strategy together when its scope is the model', async () => {
    const sparsities = async (options: Partial<PruneOptions>) => {
      const model = dense(options);
      weightNamed(model, 'first/kernel').write(ones([4, 4]).mul(5));
      weightNamed(model, 'second/kernel').write(normal([4, 2], 3));
      const pruning = await startPruning(model);
      pruning.stop();
      return pruning.sparsity();
    };
    const scope = 'model';
    const third = constantSparsity({ targetSparsity: 1 / 3, beginStep: 0 });
    expect(await sparsities({ strategy: magnitude({ scope }), schedule: third })).toEqual({
      first: 0,
      second: 1,
    });
    const equal = {
      strategy: magnitude({ scope }),
      schedule: third,
      layers: { first: { strategy: magnitude({ scope }) } },
    };
    expect(await sparsities(equal)).toEqual({ first: 0, second: 1 });
    const floors = { strategy: magnitude({ scope, minKept: 0.25 }), schedule: third };
    expect(await sparsities(floors)).toEqual({ first: 2 / 16, second: 0.75 });
    const other = { ...equal, layers: { first: { strategy: magnitude({ scope, minKept: 0.1 }) } } };
    expect(await sparsities(other)).toEqual({ first: 5 / 16, second: 3 / 8 });
    const later = { strategy: magnitude({ scope }), schedule: third, layers: { first: { schedule: half } } };
    expect(await sparsities(later)).toEqual({ first: 0.5, second: 3 / 8 });
  });

  it('gives a function the weight, its kind, its shape and the sparsity', async () => {
    const seen: unknown[] = [];
    const strategy = (
      { name, kind, shape, values }: Parameters<MaskStrategy['masks']>[0][number],
      sparsity: number,
    ) => {
      seen.push([name, kind, shape, values.length, sparsity]);
      return packMask(values.map((_, index) => Number(index > 0)));
    };
    const model = dense({ strategy });
    (await startPruning(model)).stop();
    expect(seen).toEqual([
      ['first/kernel', 'dense', [4, 4], 16, 0.5],
      ['second/kernel', 'dense', [4, 2], 8, 0.5],
    ]);
  });

  it.each<[string, MaskStrategy]>([
    ['too few masks', { ...magnitude(), masks: () => [] }],
    ['a mask of another size', { ...magnitude(), masks: (weights) => weights.map(() => packMask([1, 0])) }],
    ['no mask', { ...magnitude(), masks: (weights) => weights.map(() => undefined as unknown as Mask) }],
  ])('refuses a strategy that gives %s', async (_, strategy) => {
    await expect(startPruning(dense({ strategy }))).rejects.toThrow(
      expect.objectContaining({
        name: 'PruningError',
        option: 'strategy',
        message: expect.stringContaining('"first/kernel"'),
      }),
    );
  });

  it('needs a wrapped model, one with weights', async () => {
    const plain = sequential({ layers: [layers.dense({ units: 2, inputShape: [4] })] });
    await expect(startPruning(plain)).rejects.toThrow(PruningError);
  });

  it('reports where an update fails, and can be tried again', async () => {
    const model = dense({});
    const pruning = await startPruning(model);
    const kernel = weightNamed(model, 'first/kernel');
    const before = await valuesOf(kernel);
    kernel.write(ones([4, 4]).div(0));
    await expect(pruning.step()).rejects.toThrow(/"first\/kernel" is Infinity/);
    kernel.write(tensor(before, [4, 4]));
    await pruning.step();
    expect(await valuesOf(kernel)).toEqual(before);
    const [{ wrapper } = expect.fail()] = wrappersOf(model);
    expect(await wrapper.readEvaluations()).toBe(2);
    pruning.stop();
  });
});

describe('a wrapped layer', () => {
  it('can be added to a model, with its initial weights', async () => {
    const kernel = normal([3, 4], 5);
    const layer = layers.dense({ name: 'd', units: 4, inputShape: [3], weights: [kernel, ones([4])] });
    const model = sequential();
    model.add(pruneLowMagnitude(layer, { schedule: half }));
    model.add(layers.dense({ name: 'e', units: 1 }));
    expect(model.layers.map((each) => [each.name, each.getClassName()])).toEqual([
      ['d', 'PruneLowMagnitude'],
      ['e', 'Dense'],
    ]);
    expect(await valuesOf(weightNamed(model, 'd/kernel'))).toEqual(await valuesOf(kernel));
    expect(await valuesOf(weightNamed(model, 'd/bias'))).toEqual([1, 1, 1, 1]);
    const pruning = await startPruning(model);
    expect(pruning.sparsity()).toEqual({ d: 0.5 });
    pruning.stop();
  });

  it('takes the initial state of a recurrent layer', async () => {
    const lstm = layers.lstm({ name: 'lstm', units: 2, recurrentInitializer: 'glorotNormal' });
    const [sequence, h, c] = [input({ shape: [3, 2] }), input({ shape: [2] }), input({ shape: [2] })];
    const state = [normal([8, 2], 4), normal([8, 2], 5)];
    const outputs = pruneLowMagnitude(lstm, { schedule: half }).apply(sequence, { initialState: [h, c] });
    const wrapped = model({ inputs: [sequence, h, c], outputs: outputs as typeof sequence });
    const steps = normal([8, 3, 2], 6);
    const expected = lstm.apply(steps, { initialState: state }) as typeof x;
    expect(await valuesOf(wrapped.predict([steps, ...state]) as typeof x)).toEqual(await valuesOf(expected));
  });

  it('can be frozen and thawed, as a layer and with its model', async () => {
    const model = dense({});
    const trainable = () => model.trainableWeights.map(({ originalName }) => originalName);
    const all = ['first/kernel', 'first/bias', 'second/kernel', 'second/bias'];
    const [first] = model.layers;
    if (first === undefined) throw new Error('no layer');
    first.trainable = false;
    expect(trainable()).toEqual(['second/kernel', 'second/bias']);
    expect(first.trainable).toBe(false);
    first.trainable = true;
    expect(trainable()).toEqual(all);
    model.trainable = false;
    expect(trainable()).toEqual([]);
    model.trainable = true;
    expect(trainable()).toEqual(all);
  });

  it('of a frozen model is frozen, and can be thawed', () => {
    const plain = sequential({ layers: [layers.dense({ name: 'd', units: 2, inputShape: [3] })] });
    plain.trainable = false;
    const wrapped = pruneLowMagnitude(plain, { schedule: half });
    expect(wrapped.trainableWeights).toEqual([]);
    wrapped.trainable = true;
    expect(wrapped.trainableWeights.map(({ originalName }) => originalName)).toEqual(['d/kernel', 'd/bias']);
  });

  it('takes the states of a recurrent layer back to zero', async () => {
    const stateful = models.stateful;
    if (stateful === undefined) throw new Error('no model');
    const model = pruneLowMagnitude(seedWeights(stateful.build()), { schedule: half });
    const predict = async () => valuesOf(model.predict(inputsOf(stateful, model, 4)) as typeof x);
    const first = await predict();
    expect(await predict()).not.toEqual(first);
    model.resetStates();
    expect(await predict()).toEqual(first);
  });
});
