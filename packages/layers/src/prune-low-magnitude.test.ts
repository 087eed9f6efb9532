import { keepCount } from '@secateur/masks';
import { constantSparsity } from '@secateur/schedules';
import { memory, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { pruneLowMagnitude, startPruning, updatePruningStep, wrappersOf } from './index.js';
import { inputsOf, type ModelCase, models, targetsOf } from './models.fixture.js';
import { countZeros, seedWeights, valuesOf, weightsOf } from './tensors.fixture.js';

const schedule = constantSparsity({ targetSparsity: 0.5, beginStep: 0, frequency: 2 });

describe.each(Object.entries(models))('a model: %s', (_, modelCase: ModelCase) => {
  const predictions = async (model: ReturnType<ModelCase['build']>, x: Tensor[]) => {
    const outputs = [model.predict(x)].flat();
    const values = await Promise.all(outputs.map(valuesOf));
    for (const output of outputs) output.dispose();
    return values;
  };

  it('is wrapped where it can be pruned, and nowhere else', () => {
    const model = modelCase.build();
    const wrapped = pruneLowMagnitude(model, { schedule });
    const pruned = wrappersOf(wrapped).map(({ path, wrapper }) => [
      path,
      wrapper.pruned.map(({ name }) => name.replace(`${wrapper.name}/`, '')),
    ]);
    expect(Object.fromEntries(pruned)).toEqual(modelCase.pruned);
    expect(wrapped.layers.map(({ name }) => name)).toEqual(model.layers.map(({ name }) => name));
    model.dispose();
    wrapped.dispose();
  });

  it('predicts the same, from weights of the same names, values and trainability', async () => {
    const model = seedWeights(modelCase.build());
    const wrapped = pruneLowMagnitude(model, { schedule });
    const x = inputsOf(modelCase, model, 4);
    expect(await predictions(wrapped, x)).toEqual(await predictions(model, x));

    const weights = await weightsOf(wrapped);
    expect(weights).toMatchObject(await weightsOf(model));
    const added = Object.keys(weights).length - model.weights.length;
    const wrappers = Object.values(modelCase.pruned);
    expect(added).toBe(wrappers.flat().length + wrappers.length);
    const names = (variables: typeof model.weights) =>
      variables.map(({ originalName }) => originalName).sort();
    expect(names(wrapped.trainableWeights)).toEqual(names(model.trainableWeights));
    model.dispose();
    wrapped.dispose();
  });

  it('trains exactly as the model does while nothing is pruned', async () => {
    const model = seedWeights(modelCase.build());
    const wrapped = pruneLowMagnitude(model, { schedule: { at: () => ({ update: false, sparsity: 0 }) } });
    const [x, y] = [inputsOf(modelCase, model, 4), targetsOf(model, 4)];
    for (const each of [model, wrapped]) each.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const pruning = await startPruning(wrapped);
    for (let batch = 0; batch < 3; batch += 1) {
      expect(await wrapped.trainOnBatch(x, y)).toEqual(await model.trainOnBatch(x, y));
      await pruning.step();
    }
    expect(await weightsOf(wrapped)).toMatchObject(await weightsOf(model));
    model.dispose();
    wrapped.dispose();
  });

  it('trains with masks, and leaves the model it was made from alone', async () => {
    const model = seedWeights(modelCase.build());
    const before = await weightsOf(model);
    const wrapped = pruneLowMagnitude(model, { schedule });
    const [x, y] = [inputsOf(modelCase, model, 4), targetsOf(model, 4)];
    wrapped.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await wrapped.fit(x, y, { batchSize: 4, epochs: 3, verbose: 0, callbacks: updatePruningStep() });

    for (const { wrapper } of wrappersOf(wrapped)) {
      for (const { variable } of wrapper.pruned) {
        const values = await valuesOf(variable);
        expect(countZeros(values)).toBe(values.length - keepCount(values.length, 0.5));
      }
    }
    expect(await weightsOf(model)).toEqual(before);
    const trained = model.trainableWeights.map(({ originalName }) => originalName);
    const after = await weightsOf(wrapped);
    expect(trained.filter((name) => `${after[name]}` === `${before[name]}`)).toEqual([]);
    model.dispose();
    wrapped.dispose();
  });

  it('leaks no tensor', async () => {
    const before = memory().numTensors;
    const model = modelCase.build();
    const wrapped = pruneLowMagnitude(model, { schedule });
    wrapped.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [x, y] = [inputsOf(modelCase, model, 4), targetsOf(model, 4)];
    tidy(() => {
      wrapped.predict(x);
      model.predict(x);
    });
    const options = { batchSize: 4, verbose: 0, callbacks: updatePruningStep() } as const;
    await wrapped.fit(x, y, options);
    const during = memory().numTensors;
    await wrapped.fit(x, y, { ...options, epochs: 5 });
    if (!wrapped.stateful) expect(memory().numTensors).toBe(during); // tfjs keeps a state per batch until the next reset
    wrapped.resetStates();
    model.dispose();
    wrapped.dispose();
    for (const tensor of [...x, ...y]) tensor.dispose();
    expect(memory().numTensors - before).toBe(modelCase.tensorsLeftByTfjs ?? 0);
  });
});
