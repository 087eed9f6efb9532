import { unpackMask } from '@secateur/masks';
import { constantSparsity, polynomialDecay } from '@secateur/schedules';
import { memory, type Optimizer, ones, train, variable, zeros } from '@tensorflow/tfjs-core';
import { CustomCallback, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import {
  type PruneOptions,
  PruningError,
  pruneLowMagnitude,
  startPruning,
  updatePruningStep,
  weightSparsity,
  wrappersOf,
} from './index.js';
import { countZeros, normal, seedWeights, valuesOf, weightNamed, weightsOf } from './tensors.fixture.js';

const x = normal([12, 5], 11);
const y = normal([12, 2], 12);
const schedule = polynomialDecay({
  initialSparsity: 0.2,
  finalSparsity: 0.8,
  beginStep: 0,
  endStep: 8,
  frequency: 2,
});

function build(options: Partial<PruneOptions> = {}, optimizer: string | Optimizer = 'sgd'): LayersModel {
  const dense = seedWeights(
    sequential({
      layers: [
        layers.dense({ name: 'first', units: 7, activation: 'tanh', inputShape: [5] }),
        layers.batchNormalization({ name: 'norm' }),
        layers.dense({ name: 'second', units: 2 }),
      ],
    }),
  );
  const model = pruneLowMagnitude(dense, { schedule, ...options });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  return model;
}

const quiet = { batchSize: 4, shuffle: false, verbose: 0 } as const;

describe('after every batch', () => {
  it.each<[string, () => Optimizer]>([
    ['sgd', () => train.sgd(0.1)],
    ['momentum', () => train.momentum(0.1, 0.9)],
    ['nesterov', () => train.momentum(0.1, 0.9, true)],
    ['adam', () => train.adam(0.1)],
    ['adamax', () => train.adamax(0.1)],
    ['rmsprop', () => train.rmsprop(0.1)],
    ['adagrad', () => train.adagrad(0.1)],
    ['adadelta', () => train.adadelta(0.1)],
  ])('kernels are exactly masked, with %s', async (_, optimizer) => {
    const model = build({}, optimizer());
    const zerosSeen: number[][] = [];
    const check = new CustomCallback({
      onBatchEnd: async () => {
        const counts = wrappersOf(model).map(async ({ wrapper }) => {
          const [mask] = await wrapper.readMasks();
          const values = await valuesOf(weightNamed(model, `${wrapper.name}/kernel`));
          if (mask === undefined) throw new Error('no mask');
          expect(values.map((value) => Number(value !== 0))).toEqual(Array.from(unpackMask(mask)));
          return countZeros(values);
        });
        zerosSeen.push(await Promise.all(counts));
      },
    });
    await model.fit(x, y, { ...quiet, epochs: 4, callbacks: [updatePruningStep(), check] });
    // Sparsity 0.2, 0.54687, 0.725, 0.790625, 0.8 of 35 and 14 weights at steps 0, 2, 4, 6 and 8.
    const expected = [
      [7, 3],
      [19, 8],
      [19, 8],
      [25, 10],
      [25, 10],
      [28, 11],
      [28, 11],
      [28, 11],
    ];
    expect(zerosSeen.slice(0, 8)).toEqual(expected);
    expect(zerosSeen.slice(8)).toEqual(Array(4).fill([28, 11]));
  });
});

describe('the schedule', () => {
  const constant = (options: object) => constantSparsity({ targetSparsity: 0.5, beginStep: 0, ...options });
  const linear = { initialSparsity: 0, finalSparsity: 0.8, beginStep: 1, endStep: 5, power: 1, frequency: 2 };

  // Of 10 weights: how many are pruned before the first batch, and after each of 7.
  it.each<[string, PruneOptions, number[]]>([
    ['from step 0', { schedule: constant({}) }, [5, 5, 5, 5, 5, 5, 5, 5]],
    ['from step 0, asked from 1', { schedule: constant({}), firstStep: 1 }, [0, 0, 0, 0, 0, 0, 0, 0]],
    [
      'from step 0, asked from 1, every 4',
      { schedule: constant({ frequency: 4 }), firstStep: 1 },
      [0, 0, 0, 5, 5, 5, 5, 5],
    ],
    ['from step 3', { schedule: constant({ beginStep: 3 }) }, [0, 0, 0, 5, 5, 5, 5, 5]],
    [
      'from step 3, asked from 1',
      { schedule: constant({ beginStep: 3 }), firstStep: 1 },
      [0, 0, 5, 5, 5, 5, 5, 5],
    ],
    ['a line from 1 to 5', { schedule: polynomialDecay(linear) }, [0, 0, 0, 4, 4, 8, 8, 8]],
    ['a line, asked from 1', { schedule: polynomialDecay(linear), firstStep: 1 }, [0, 0, 4, 4, 8, 8, 8, 8]],
    [
      'a falling line',
      { schedule: polynomialDecay({ ...linear, initialSparsity: 0.8, finalSparsity: 0 }) },
      [0, 8, 8, 4, 4, 0, 0, 0],
    ],
    [
      'a falling line without regrowth',
      { schedule: polynomialDecay({ ...linear, initialSparsity: 0.8, finalSparsity: 0 }), regrowth: false },
      [0, 8, 8, 8, 8, 8, 8, 8],
    ],
  ])('%s', async (_, options, expected) => {
    const model = pruneLowMagnitude(
      seedWeights(sequential({ layers: [layers.dense({ name: 'only', units: 2, inputShape: [5] })] })),
      options,
    );
    model.compile({ optimizer: train.adam(0.01), loss: 'meanSquaredError' });
    const seen: number[] = [];
    const look = async () => {
      seen.push(countZeros(await valuesOf(weightNamed(model, 'only/kernel'))));
    };
    await model.fit(normal([7, 5], 1), normal([7, 2], 2), {
      ...quiet,
      batchSize: 1,
      callbacks: [updatePruningStep(), new CustomCallback({ onTrainBegin: look, onBatchEnd: look })],
    });
    expect(seen).toEqual(expected);
  });

  it('is asked at each step once, and on where the last fit ended', async () => {
    const asked: number[] = [];
    const at = (step: number) => {
      asked.push(step);
      return { update: step % 2 === 0, sparsity: 0.5 };
    };
    const model = build({ schedule: { at }, layers: { second: false } });
    await model.fit(x, y, { ...quiet, callbacks: updatePruningStep() });
    expect(asked).toEqual([0, 1, 2, 3]);
    const callbacks = updatePruningStep();
    await model.fit(x, y, { ...quiet, callbacks });
    await model.fit(x, y, { ...quiet, callbacks });
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('the callback', () => {
  it('logs the sparsity that the weights have', async () => {
    const model = build();
    const real: Record<string, number>[] = [];
    const { history } = await model.fit(x, y, {
      ...quiet,
      epochs: 3,
      callbacks: [
        updatePruningStep(),
        new CustomCallback({ onEpochEnd: async () => void real.push(await weightSparsity(model)) }),
      ],
    });
    expect(history['sparsity/first']).toEqual(real.map(({ first }) => first));
    expect(history['sparsity/second']).toEqual(real.map(({ second }) => second));
    expect(history['sparsity/first']).toEqual([19 / 35, 28 / 35, 28 / 35]);
    expect(history).toHaveProperty('loss');
  });

  it('trains exactly as a loop with startPruning does', async () => {
    const [one, other] = [build({}, train.momentum(0.1, 0.9)), build({}, train.momentum(0.1, 0.9))];
    await one.fit(x, y, { ...quiet, epochs: 3, callbacks: updatePruningStep() });

    const pruning = await startPruning(other);
    for (let batch = 0; batch < 9; batch += 1) {
      const start = [(batch % 3) * 4, 0];
      await other.trainOnBatch(x.slice(start, [4, 5]), y.slice(start, [4, 2]));
      await pruning.step();
    }
    expect(pruning.sparsity()).toEqual({ first: 28 / 35, second: 11 / 14 });
    pruning.stop();
    expect(await weightsOf(other)).toEqual(await weightsOf(one));
  });

  it('works in fitDataset', async () => {
    const [one, other] = [build(), build()];
    await one.fit(x, y, { ...quiet, epochs: 2, callbacks: updatePruningStep() });
    const dataset = {
      iterator: async () => {
        let row = 0;
        const value = () => ({ xs: x.slice([row, 0], [4, 5]), ys: y.slice([row, 0], [4, 2]) });
        const next = () => {
          const result = { value: value(), done: false };
          row += 4;
          return result;
        };
        return { next: async () => (row < 12 ? next() : { value: null, done: true }) };
      },
    };
    const { history } = await other.fitDataset(dataset as never, {
      epochs: 2,
      verbose: 0,
      callbacks: updatePruningStep(),
    });
    expect(await weightsOf(other)).toEqual(await weightsOf(one));
    expect(history['sparsity/first']).toEqual([19 / 35, 28 / 35]);
  });

  it('can be given to another fit after one that failed', async () => {
    const model = build();
    const broken = new CustomCallback({ onBatchEnd: () => Promise.reject(new Error('power failure')) });
    const callbacks = updatePruningStep();
    await expect(model.fit(x, y, { ...quiet, callbacks: [callbacks, broken] })).rejects.toThrow(
      'power failure',
    );
    await expect(model.fit(x, y, { ...quiet, callbacks: [callbacks, broken] })).rejects.toThrow(
      'power failure',
    );
    await expect(model.fit(x, y, { ...quiet, callbacks: [updatePruningStep(), broken] })).rejects.toThrow();
    await model.fit(x, y, { ...quiet, callbacks: updatePruningStep() });
    const [{ wrapper } = expect.fail()] = wrappersOf(model);
    expect(await wrapper.readEvaluations()).toBe(1 + 1 + 1 + 1 + 3);
    await expect(model.fit(x, y, quiet)).rejects.toThrow(PruningError);
  });

  it('needs a wrapped model', async () => {
    const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [5] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await expect(model.fit(x, y, { ...quiet, callbacks: updatePruningStep() })).rejects.toThrow(
      /no layer is wrapped/,
    );
    await expect(updatePruningStep().onTrainBegin()).rejects.toThrow(/pass it to the callbacks of fit/);
  });

  it('names the weight that is not a number', async () => {
    const model = build();
    weightNamed(model, 'second/kernel').write(ones([7, 2]).mul(Number.NaN));
    const fit = model.fit(x, y, { ...quiet, callbacks: updatePruningStep() });
    await expect(fit).rejects.toThrow(expect.objectContaining({ name: 'MaskError' }));
    await expect(fit).rejects.toThrow(/"second\/kernel"/);
    // The failed start leaves nothing behind.
    await expect(model.trainOnBatch(x, y)).rejects.toThrow(PruningError);
  });

  it('is not needed to predict and evaluate', async () => {
    const model = build();
    expect((model.predict(x) as typeof y).shape).toEqual([12, 2]);
    expect(Number.isFinite((await valuesOf([model.evaluate(x, y)].flat()[0] as typeof y))[0])).toBe(true);
  });

  it.each(['fit', 'trainOnBatch'] as const)('is missed by %s', async (method) => {
    const model = build();
    await expect(model[method](x, y)).rejects.toThrow(/Layer "first" is wrapped .* updatePruningStep\(\)/);
  });

  it('leaves validation to tfjs', async () => {
    const model = build();
    const { history } = await model.fit(x, y, {
      ...quiet,
      validationSplit: 0.5,
      callbacks: updatePruningStep(),
    });
    expect(history.val_loss?.length).toBe(1);
  });

  it('keeps the number of tensors, and frees the masks at the end', async () => {
    const model = build({}, 'adam');
    const pruning = await startPruning(model);
    await model.trainOnBatch(x, y); // makes the optimizer's variables
    await pruning.step();
    const seen: number[] = [];
    for (let batch = 0; batch < 50; batch += 1) {
      await model.trainOnBatch(x, y);
      await pruning.step();
      seen.push(memory().numTensors);
    }
    expect(new Set(seen).size).toBe(1);
    pruning.stop();
    pruning.stop();
    expect(memory().numTensors).toBe((seen[0] ?? 0) - 2);
    await expect(pruning.step()).rejects.toThrow(/stopped/);
  });

  it('frees the masks with the model, too', async () => {
    const plain = sequential({ layers: [layers.dense({ units: 2, inputShape: [5] })] });
    const before = memory().numTensors;
    const model = pruneLowMagnitude(plain, { schedule });
    expect(memory().numTensors).toBe(before + 4); // kernel, bias, mask and step
    await startPruning(model);
    expect(memory().numTensors).toBe(before + 5);
    model.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('stops an earlier run of the model', async () => {
    const model = build();
    const [first, before] = [await startPruning(model), memory().numTensors];
    const second = await startPruning(model);
    expect(memory().numTensors).toBe(before);
    await expect(first.step()).rejects.toThrow(PruningError);
    first.stop();
    await model.trainOnBatch(x, y);
    await second.step();
  });
});

describe('regrowth', () => {
  /** Prunes the two smallest of 1, 2, 3, 4; then the first two get gradients, in the second case too small ones. */
  const after = async (regrowth: boolean, gradient: number[]) => {
    const dense = sequential({
      layers: [layers.dense({ name: 'd', units: 1, useBias: false, inputShape: [4] })],
    });
    const model = pruneLowMagnitude(dense, {
      schedule: constantSparsity({ targetSparsity: 0.5, beginStep: 0, frequency: 1 }),
      regrowth,
    });
    const kernel = weightNamed(model, 'd/kernel');
    kernel.write(variable(ones([4, 1])).mul([[1], [2], [3], [4]]));
    const pruning = await startPruning(model);
    expect(await valuesOf(kernel)).toEqual([0, 0, 3, 4]);
    train.sgd(1).applyGradients([{ name: kernel.name, tensor: zeros([4, 1]).sub(gradient.map((g) => [g])) }]);
    await pruning.step();
    pruning.stop();
    return (await valuesOf(kernel)).map((value) => value + 0);
  };

  it('lets a pruned weight come back', async () => {
    expect(await after(true, [9, 1, 0, 0])).toEqual([9, 0, 0, 4]);
    expect(await after(true, [2, 1, 0, 0])).toEqual([0, 0, 3, 4]);
  });

  it('never does when it is off', async () => {
    expect(await after(false, [9, 1, 0, 0])).toEqual([0, 0, 3, 4]);
  });
});
