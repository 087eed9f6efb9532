import { magnitude, neurons } from '@secateur/masks';
import { constantSparsity, polynomialDecay } from '@secateur/schedules';
import {
  matMul,
  mean,
  memory,
  type Optimizer,
  square,
  sub,
  tensor,
  train,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import {
  type OptimizerPruning,
  type OptimizerPruningState,
  PruningError,
  pruneLowMagnitude,
  pruneOptimizer,
  updatePruningStep,
} from './index.js';
import { models } from './models.fixture.js';
import { countZeros, normal, seedWeights, valuesOf, weightNamed, weightsOf } from './tensors.fixture.js';

const schedule = polynomialDecay({
  initialSparsity: 0.2,
  finalSparsity: 0.8,
  beginStep: 0,
  endStep: 8,
  frequency: 2,
});
const half = constantSparsity({ targetSparsity: 0.5, beginStep: 0, frequency: 2 });
const x = normal([12, 5], 11);
const y = normal([12, 2], 12);
const quiet = { batchSize: 4, epochs: 4, shuffle: false, verbose: 0 } as const;

const build = () =>
  seedWeights(
    sequential({
      layers: [
        layers.dense({ name: 'first', units: 7, activation: 'tanh', inputShape: [5] }),
        layers.dense({ name: 'second', units: 2 }),
      ],
    }),
  );

const optimizers: [string, () => Optimizer][] = [
  ['sgd', () => train.sgd(0.1)],
  ['momentum', () => train.momentum(0.1, 0.9)],
  ['adam', () => train.adam(0.01)],
  ['rmsprop', () => train.rmsprop(0.01)],
];

describe('in fit', () => {
  it.each(optimizers)('gives the weights that the wrapper gives, with %s', async (_, makeOptimizer) => {
    const options = {
      schedule,
      strategy: neurons(),
      layers: { second: { strategy: magnitude(), regrowth: false } },
    };
    const wrapped = pruneLowMagnitude(build(), options);
    wrapped.compile({ optimizer: makeOptimizer(), loss: 'meanSquaredError' });
    await wrapped.fit(x, y, { ...quiet, callbacks: updatePruningStep() });

    const plain = build();
    const optimizer = makeOptimizer();
    plain.compile({ optimizer, loss: 'meanSquaredError' });
    const pruning = await pruneOptimizer(optimizer, plain, options);
    await plain.fit(x, y, { ...quiet, callbacks: pruning.callback() });
    expect(await weightsOf(wrapped)).toMatchObject(await weightsOf(plain));
    expect(pruning.sparsity()).toEqual({ first: 6 / 7, second: 11 / 14 });
    expect(countZeros(await valuesOf(weightNamed(plain, 'first/bias')))).toBe(6);
    pruning.stop();
  });

  it('misses its callback once an update is due', async () => {
    const [model, optimizer] = [build(), train.sgd(0.1)];
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const pruning = await pruneOptimizer(optimizer, model, { schedule });
    await expect(model.fit(x, y, quiet)).rejects.toThrow(/await update\(\)/);
    pruning.stop();
    await model.fit(x, y, quiet);
  });
});

describe('with a model', () => {
  it('takes choices by layer, in nested models too', async () => {
    const model = models.nested?.build() as LayersModel;
    const pruning = await pruneOptimizer(train.sgd(0.1), model, {
      schedule: half,
      layers: { 'encoder/first': false, head: { schedule }, code: { weights: ['bias', 'kernel'] } },
    });
    expect(pruning.sparsity()).toEqual({ front: 13 / 25, 'encoder/code': 7 / 15, head: 1 / 6 });
    expect(Object.keys(pruning.state().masks)).toEqual([
      'front/kernel',
      'encoder/code/bias',
      'encoder/code/kernel',
      'head/kernel',
    ]);
    pruning.stop();
  });

  it.each<[string, () => LayersModel, object, RegExp]>([
    ['an unmatched key', build, { layers: { frist: false } }, /"frist"/],
    ['nothing to prune', build, { layers: { '*': false } }, /Nothing to prune/],
    ['a wrapped model', () => pruneLowMagnitude(build(), { schedule }), {}, /"first" is wrapped/],
    ['a wrong option', build, { firstStep: 5 }, /firstStep/],
  ])('refuses %s', async (_, makeModel, options, message) => {
    const optimizer = train.sgd(0.1);
    const promise = pruneOptimizer(optimizer, makeModel(), { schedule, ...options });
    await expect(promise).rejects.toThrow(PruningError);
    await expect(promise).rejects.toThrow(message);
    expect(Object.hasOwn(optimizer, 'applyGradients')).toBe(false);
  });
});

describe('with variables', () => {
  const input = normal([6, 4], 1);
  const target = normal([6, 3], 2);
  const make = () => ({ kernel: variable(normal([4, 3], 3)), bias: variable(normal([3], 4)) });
  type Weights = ReturnType<typeof make>;
  const loss =
    ({ kernel, bias }: Weights) =>
    () =>
      mean(square(sub(matMul(input, kernel).add(bias), target))).asScalar();

  async function run(
    optimizer: Optimizer,
    weights: Weights,
    pruning: OptimizerPruning,
    steps: number,
  ): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      optimizer.minimize(loss(weights), false, Object.values(weights));
      await pruning.update();
    }
  }

  it('masks exactly after each update, at the steps of the schedule', async () => {
    const weights = make();
    const optimizer = train.momentum(0.1, 0.9);
    const pruning = await pruneOptimizer(
      optimizer,
      { kernel: { variable: weights.kernel, kind: 'dense', bias: weights.bias } },
      {
        schedule: constantSparsity({ targetSparsity: 2 / 3, beginStep: 2, frequency: 3 }),
        strategy: neurons(),
      },
    );
    const seen = [];
    for (let step = 0; step < 6; step += 1) {
      const [kernel, bias] = [await valuesOf(weights.kernel), await valuesOf(weights.bias)];
      seen.push([countZeros(kernel), countZeros(bias)]);
      await run(optimizer, weights, pruning, 1);
    }
    expect(seen).toEqual([
      [0, 0],
      [0, 0],
      [8, 2],
      [8, 2],
      [8, 2],
      [8, 2],
    ]);
    pruning.stop();
  });

  it.each(optimizers.slice(0, 2))('goes on from its state, with %s', async (_, makeOptimizer) => {
    const whole = make();
    const one = makeOptimizer();
    const target = ({ kernel }: Weights) => ({ kernel: { variable: kernel } });
    const pruned = await pruneOptimizer(one, target(whole), { schedule, regrowth: false });
    await run(one, whole, pruned, 7);

    const parts = make();
    const two = makeOptimizer();
    const first = await pruneOptimizer(two, target(parts), { schedule, regrowth: false });
    await run(two, parts, first, 3);
    const state = structuredClone(first.state());
    first.stop();
    const second = await pruneOptimizer(two, target(parts), { schedule, regrowth: false, state });
    await run(two, parts, second, 4);
    expect(await valuesOf(parts.kernel)).toEqual(await valuesOf(whole.kernel));
    expect(second.state()).toEqual(pruned.state());
    expect(second.state().evaluations).toEqual({ kernel: 8 });
    pruned.stop();
    second.stop();
  });

  it('has an error for an update that is due', async () => {
    const weights = make();
    const optimizer = train.sgd(0.1);
    const pruning = await pruneOptimizer(
      optimizer,
      { kernel: { variable: weights.kernel } },
      { schedule: half },
    );
    optimizer.minimize(loss(weights));
    optimizer.minimize(loss(weights)); // The update of step 2 is due now.
    expect(() => pruning.state()).toThrow(/await update\(\)/);
    const before = await valuesOf(weights.kernel);
    expect(() => optimizer.minimize(loss(weights))).toThrow(PruningError);
    expect(await valuesOf(weights.kernel)).toEqual(before);
    await pruning.update();
    await pruning.update();
    expect(countZeros(await valuesOf(weights.kernel))).toBe(6);
    optimizer.minimize(loss(weights));
    expect(countZeros(await valuesOf(weights.kernel))).toBe(6);
    pruning.stop();
  });

  it('gives the optimizer back, whatever the order', async () => {
    const { kernel, bias } = make();
    const optimizer = train.sgd(0.1);
    const original = optimizer.applyGradients;
    const before = memory().numTensors;
    const first = await pruneOptimizer(optimizer, { kernel: { variable: kernel } }, { schedule: half });
    const second = await pruneOptimizer(optimizer, { bias: { variable: bias } }, { schedule: half });
    expect([countZeros(await valuesOf(kernel)), countZeros(await valuesOf(bias))]).toEqual([6, 1]);
    first.stop();
    optimizer.minimize(loss({ kernel, bias }));
    expect([countZeros(await valuesOf(kernel)), countZeros(await valuesOf(bias))]).toEqual([0, 1]);
    second.stop();
    optimizer.minimize(loss({ kernel, bias }));
    optimizer.minimize(loss({ kernel, bias }));
    expect(countZeros(await valuesOf(bias))).toBe(0);

    const third = await pruneOptimizer(optimizer, { kernel: { variable: kernel } }, { schedule: half });
    const fourth = await pruneOptimizer(optimizer, { bias: { variable: bias } }, { schedule: half });
    fourth.stop();
    third.stop();
    third.stop();
    await expect(third.update()).resolves.toBeUndefined();
    expect(memory().numTensors).toBe(before);
    const fresh = train.sgd(0.1);
    const fifth = await pruneOptimizer(fresh, { kernel: { variable: kernel } }, { schedule: half });
    fifth.stop();
    expect(fresh.applyGradients).toBe(original);
    expect(Object.hasOwn(fresh, 'applyGradients')).toBe(false);
  });

  it('keeps the number of tensors over 50 steps', async () => {
    const weights = make();
    const optimizer = train.adam(0.01);
    const pruning = await pruneOptimizer(
      optimizer,
      { kernel: { variable: weights.kernel } },
      { schedule: half },
    );
    await run(optimizer, weights, pruning, 2);
    const before = memory().numTensors;
    await run(optimizer, weights, pruning, 50);
    expect(memory().numTensors).toBe(before);
    pruning.stop();
    expect(memory().numTensors).toBe(before - 1);
  });

  const one = (kernel: Variable) => ({ kernel: { variable: kernel } });
  it('leaves the optimizer alone when it can not start', async () => {
    const kernel = variable(tensor([1, Number.NaN]));
    const optimizer = train.sgd(0.1);
    const before = memory().numTensors;
    await expect(pruneOptimizer(optimizer, one(kernel), { schedule: half })).rejects.toThrow(
      /"kernel" is NaN/,
    );
    expect(Object.hasOwn(optimizer, 'applyGradients')).toBe(false);
    expect(memory().numTensors).toBe(before);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', null, /its evaluations/],
    ['another thing', { evaluations: 3, masks: {} }, /its evaluations must be an object/],
    ['no masks', { evaluations: { kernel: 1 } }, /its masks must be an object/],
    ['no step', { evaluations: {}, masks: { kernel: Uint32Array.of(1) } }, /no step of "kernel"/],
    [
      'a negative step',
      { evaluations: { kernel: -1 }, masks: { kernel: Uint32Array.of(1) } },
      /no step of "kernel"/,
    ],
    ['no mask', { evaluations: { kernel: 1 }, masks: {} }, /no mask of "kernel"/],
    ['a mask as plain data', { evaluations: { kernel: 1 }, masks: { kernel: { 0: 1 } } }, /as a Uint32Array/],
    [
      'a mask of another size',
      { evaluations: { kernel: 1 }, masks: { kernel: Uint32Array.of(1, 1) } },
      /mask of "kernel"/,
    ],
    [
      'a mask with bits past the weights',
      { evaluations: { kernel: 1 }, masks: { kernel: Uint32Array.of(4) } },
      /mask of "kernel"/,
    ],
  ])('refuses a state that is %s', async (_, state, message) => {
    const kernel = variable(tensor([1, 2]));
    const options = { schedule: half, state: state as OptimizerPruningState };
    const promise = pruneOptimizer(train.sgd(0.1), one(kernel), options);
    await expect(promise).rejects.toThrow(PruningError);
    await expect(promise).rejects.toThrow(message);
  });

  it('refuses to choose among variables', async () => {
    const promise = pruneOptimizer(train.sgd(0.1), one(variable(tensor([1, 2]))), {
      schedule: half,
      layers: {},
    });
    await expect(promise).rejects.toThrow(/leave variables out/);
    await expect(pruneOptimizer(train.sgd(0.1), {}, { schedule: half })).rejects.toThrow(/Nothing to prune/);
  });
});
