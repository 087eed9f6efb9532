import { fromFunction, magnitude, packMask, registerStrategy } from '@secateur/masks';
import { constantSparsity, polynomialDecay, registerSchedule } from '@secateur/schedules';
import { type io, memory, type Optimizer, scalar, tensor, tensor1d, train } from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import {
  cloneModel,
  type PruneOptions,
  PruningError,
  pruneLowMagnitude,
  startPruning,
  wrappersOf,
} from './index.js';
import { inputsOf, type ModelCase, models, targetsOf } from './models.fixture.js';
import { load, save } from './saved-model.fixture.js';
import { seedWeights, tensorsLeftBy, valuesOf, weightNamed, weightsOf } from './tensors.fixture.js';

const schedule = polynomialDecay({
  initialSparsity: 0.2,
  finalSparsity: 0.8,
  beginStep: 0,
  endStep: 8,
  frequency: 2,
});

async function train_(model: LayersModel, modelCase: ModelCase, from: number, to: number): Promise<void> {
  const pruning = await startPruning(model);
  for (let batch = from; batch < to; batch += 1) {
    const x = inputsOf(modelCase, model, 4).map((values) => values.mul(1 + batch / 10));
    await model.trainOnBatch(x, targetsOf(model, 4));
    await pruning.step();
  }
  pruning.stop();
}

const compiled = (model: LayersModel, optimizer: () => Optimizer): LayersModel => {
  model.compile({ optimizer: optimizer(), loss: 'meanSquaredError' });
  return model;
};

describe('a run that was saved and loaded goes on as if it had not stopped', () => {
  const names = [
    'sequential',
    'partly frozen',
    'regularized',
    'convolutional',
    'nested',
    'with a custom layer',
  ];
  const cases = Object.entries(models).filter(([name]) => names.includes(name));

  describe.each(cases)('a model: %s', (_, modelCase) => {
    it.each<[string, () => Optimizer, number]>([
      ['sgd', () => train.sgd(0.05), 0],
      ['momentum', () => train.momentum(0.05, 0.9), 0],
      // tfjs restores Adam's accumulated betas as powers of the rounded ones.
      ['adam', () => train.adam(0.05), 1e-5],
    ])('with %s', async (_, optimizer, tolerance) => {
      const make = () => compiled(pruneLowMagnitude(seedWeights(modelCase.build()), { schedule }), optimizer);
      const uninterrupted = make();
      await train_(uninterrupted, modelCase, 0, 7);

      const first = make();
      await train_(first, modelCase, 0, 3);
      const second = await load(await save(first));
      expect(await weightsOf(second)).toEqual(await weightsOf(first));
      await train_(second, modelCase, 3, 7);

      const [expected, actual] = [await weightsOf(uninterrupted), await weightsOf(second)];
      expect(Object.keys(actual)).toEqual(Object.keys(expected));
      for (const [name, values] of Object.entries(expected)) {
        if (tolerance === 0 || /_mask|pruning_step/.test(name))
          expect([name, actual[name]]).toEqual([name, values]);
        else {
          const distance = values.map((value, index) =>
            Math.abs(value - (actual[name]?.[index] ?? Number.NaN)),
          );
          expect(Math.max(...distance)).toBeLessThan(tolerance);
        }
      }
    });
  });
});

const dense = () =>
  seedWeights(
    sequential({
      layers: [
        layers.dense({ name: 'first', units: 4, inputShape: [5] }),
        layers.dense({ name: 'second', units: 2 }),
      ],
    }),
  );
const denseCase: ModelCase = { build: dense, pruned: {} };

describe('a saved model', () => {
  it('keeps every option of every layer', async () => {
    const model = pruneLowMagnitude(dense(), {
      schedule: constantSparsity({ targetSparsity: 0.3, beginStep: 2, endStep: 9, frequency: 3 }),
      strategy: magnitude({ scope: 'model', minKept: 0.125 }),
      layers: { second: { schedule, regrowth: false, firstStep: 1, weights: ['bias'] } },
    });
    const plain = (built: LayersModel) =>
      wrappersOf(built).map(({ path, wrapper: { settings, pruned } }) => ({
        path,
        ...settings,
        schedule: settings.schedule.getConfig?.(),
        strategy: settings.strategy.getConfig?.(),
        names: pruned.map(({ name }) => name),
      }));
    const loaded = await load(await save(model));
    expect(plain(loaded)).toEqual(plain(model));
    expect(plain(loaded)).toMatchObject([
      { path: 'first', regrowth: true, firstStep: 0, names: ['first/kernel'], strategy: { minKept: 0.125 } },
      {
        path: 'second',
        regrowth: false,
        firstStep: 1,
        names: ['second/bias'],
        schedule: { finalSparsity: 0.8 },
      },
    ]);
  });

  it('ranks all layers together as before', async () => {
    const model = pruneLowMagnitude(dense(), {
      schedule: constantSparsity({ targetSparsity: 0.5, beginStep: 1, frequency: 1 }),
      strategy: magnitude({ scope: 'model' }),
      layers: { second: {} },
    });
    // All of the first kernel is larger than all of the second, but for two weights.
    weightNamed(model, 'first/kernel').write(
      tensor(
        Array.from({ length: 20 }, (_, i) => (i < 6 ? 0.1 : 10 + i)),
        [5, 4],
      ),
    );
    weightNamed(model, 'second/kernel').write(tensor([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]));
    const loaded = await load(await save(compiled(model, () => train.sgd(0))));
    for (const each of [model, compiled(loaded, () => train.sgd(0))]) {
      await train_(each, denseCase, 0, 1);
      const pruning = await startPruning(each);
      expect(pruning.sparsity()).toEqual({ first: 6 / 20, second: 1 });
      pruning.stop();
    }
  });

  it('holds custom kinds by their exact names', async () => {
    const once = (myStep: number) => ({
      at: (step: number) => ({ update: step === myStep, sparsity: 0.5 }),
      getConfig: () => ({ kind: 'RigL_once', myStep, 'odd key': { snake_case: ['CamelCase'] } }),
    });
    registerSchedule('RigL_once', ({ myStep }) => once(Number(myStep)));
    const odd = () =>
      fromFunction(({ values }) => packMask(Array.from(values, (_, i) => i % 2 === 1)), {
        kind: 'OddOnly',
        config: { aB: 'c_D' },
      });
    registerStrategy('OddOnly', odd);

    const model = pruneLowMagnitude(dense(), { schedule: once(0), strategy: odd() });
    const loaded = await load(await save(model));
    const [
      {
        wrapper: { settings },
      } = expect.fail(),
    ] = wrappersOf(loaded);
    expect(settings.schedule.getConfig?.()).toEqual(once(0).getConfig());
    expect(settings.strategy.getConfig?.()).toEqual({ kind: 'OddOnly', aB: 'c_D' });
    const pruning = await startPruning(loaded);
    expect(pruning.sparsity()).toEqual({ first: 0.5, second: 0.5 });
    pruning.stop();
  });

  it.each<[string, Partial<PruneOptions>]>([
    ['schedule', { schedule: { at: () => ({ update: true, sparsity: 0.5 }) } }],
    ['strategy', { strategy: ({ values }) => packMask(Array.from(values, (_, i) => i > 1)) }],
  ])('needs a %s that has a config, while training and cloning do not', async (option, options) => {
    const model = compiled(pruneLowMagnitude(dense(), { schedule, ...options }), () => train.sgd(0.1));
    await train_(model, denseCase, 0, 2);
    const clone = cloneModel(model, () => undefined);
    expect(await weightsOf(clone)).toEqual(await weightsOf(model));
    await expect(save(model)).rejects.toThrow(
      expect.objectContaining({
        name: 'PruningError',
        option,
        message: expect.stringMatching(/of layer "first" has no getConfig.*register it, or strip/),
      }),
    );
  });

  it('has the step and the masks of that moment, when it is saved in the middle of a run', async () => {
    const model = compiled(pruneLowMagnitude(dense(), { schedule }), () => train.sgd(0.1));
    const pruning = await startPruning(model);
    const steps: number[][] = [];
    for (let batch = 0; batch < 3; batch += 1) {
      await pruning.step();
      const [loaded, before] = [await load(await save(model)), memory().numTensors];
      steps.push(await valuesOf(weightNamed(loaded, 'second/pruning_step')));
      expect(await weightsOf(loaded)).toEqual(await weightsOf(model));
      expect(memory().numTensors).toBe(before);
    }
    expect(steps).toEqual([[2], [3], [4]]);
    // A step that is loaded into the model counts, not one that waits to be written.
    await pruning.step();
    weightNamed(model, 'second/pruning_step').write(scalar(9, 'int32'));
    expect(await valuesOf(weightNamed(model, 'second/pruning_step'))).toEqual([9]);
    pruning.stop();
  });

  it('leaves no tensors behind but its own', async () => {
    const model = pruneLowMagnitude(dense(), { schedule });
    const artifacts = await save(model);
    const left = await tensorsLeftBy(async () => (await load(artifacts)).dispose());
    expect(left).toBe(0);
    expect(await tensorsLeftBy(() => cloneModel(model, () => undefined).dispose())).toBe(0);
  });
});

describe('wrapping again', () => {
  const retrained = async (loadFirst: boolean) => {
    const model = compiled(pruneLowMagnitude(dense(), { schedule }), () => train.sgd(0.1));
    await train_(model, denseCase, 0, 3);
    return loadFirst ? load(await save(model)) : model;
  };

  it.each([false, true])('keeps masks and step and takes new options (loaded: %s)', async (loadFirst) => {
    const model = await retrained(loadFirst);
    const next = constantSparsity({ targetSparsity: 0.9, beginStep: 5 });
    const again = pruneLowMagnitude(model, {
      schedule: next,
      regrowth: false,
      layers: { second: { firstStep: 1 } },
    });
    expect(await weightsOf(again)).toEqual(await weightsOf(model));
    const settings = wrappersOf(again).map(({ wrapper }) => wrapper.settings);
    expect(settings).toMatchObject([
      { schedule: next, regrowth: false, firstStep: 0 },
      { schedule: next, regrowth: false, firstStep: 1 },
    ]);
    const [{ wrapper } = expect.fail()] = wrappersOf(again);
    expect(await wrapper.readEvaluations()).toBe(4);
  });

  it('unwraps a layer that is left alone', async () => {
    const model = await retrained(false);
    const again = pruneLowMagnitude(model, { schedule, layers: { first: false } });
    expect(again.layers.map((layer) => layer.getClassName())).toEqual(['Dense', 'PruneLowMagnitude']);
    expect(await valuesOf(weightNamed(again, 'first/kernel'))).toEqual(
      await valuesOf(weightNamed(model, 'first/kernel')),
    );
  });

  it('keeps the masks of the weights that stay chosen', async () => {
    const model = await retrained(false);
    const again = pruneLowMagnitude(model, { schedule, layers: { first: { weights: ['kernel', 'bias'] } } });
    const [before, after] = [await weightsOf(model), await weightsOf(again)];
    expect(after).toMatchObject(before);
    expect(after['first/bias_mask']).toEqual([0b1111]);
  });

  it('of a single layer keeps the wrapper', () => {
    const layer = pruneLowMagnitude(layers.dense({ units: 2, inputShape: [3] }), { schedule });
    const next = constantSparsity({ targetSparsity: 0.9, beginStep: 5 });
    expect(pruneLowMagnitude(layer, { schedule: next })).toBe(layer);
    expect(layer.settings.schedule).toBe(next);
    sequential({ layers: [layer] });
    expect(() => pruneLowMagnitude(layer, { schedule, weights: ['bias'] })).toThrow(/built for/);
  });
});

describe('a damaged file', () => {
  type Config = { layers: { config: Record<string, unknown> }[] };
  const damaged = async (change: (config: Record<string, unknown>) => void): Promise<io.ModelArtifacts> => {
    const artifacts = await save(pruneLowMagnitude(dense(), { schedule }));
    const topology = artifacts.modelTopology as { config: Config };
    change(topology.config.layers[0]?.config ?? {});
    return artifacts;
  };
  const settings =
    (change: (parsed: Record<string, unknown>) => void) => (config: Record<string, unknown>) => {
      const parsed = JSON.parse((config.pruning as { name: string }).name);
      change(parsed);
      config.pruning = { name: JSON.stringify(parsed) };
    };

  it.each<[string, (config: Record<string, unknown>) => void, RegExp]>([
    [
      'no JSON',
      (config) => {
        config.pruning = { name: '{"schedule":' };
      },
      /JSON/,
    ],
    [
      'JSON, but no object',
      (config) => {
        config.pruning = { name: 'null' };
      },
      /not a JSON object/,
    ],
    [
      'a list',
      (config) => {
        config.pruning = { name: '[]' };
      },
      /No schedule of kind undefined/,
    ],
    [
      'no text',
      (config) => {
        config.pruning = { name: 5 };
      },
      /not a JSON object/,
    ],
    [
      'nothing',
      (config) => {
        config.pruning = null;
      },
      /not a JSON object/,
    ],
    [
      'an unknown schedule',
      settings((parsed) => {
        parsed.schedule = { kind: 'nope' };
      }),
      /"nope".*registerSchedule/,
    ],
    [
      'a kind that every object has',
      settings((parsed) => {
        parsed.schedule = { kind: '__proto__' };
      }),
      /No schedule of kind/,
    ],
    [
      'no schedule',
      settings((parsed) => {
        parsed.schedule = null;
      }),
      /No schedule of kind/,
    ],
    [
      'an unknown strategy',
      settings((parsed) => {
        parsed.strategy = { kind: 'nope' };
      }),
      /"nope".*registerStrategy/,
    ],
    [
      'a wrong sparsity',
      settings((parsed) => {
        parsed.schedule = { ...(parsed.schedule as object), finalSparsity: 2 };
      }),
      /finalSparsity/,
    ],
    [
      'an unknown option',
      settings((parsed) => {
        parsed.strategy = { kind: 'magnitude', bias: 1 };
      }),
      /bias/,
    ],
    [
      'a wrong regrowth',
      settings((parsed) => {
        parsed.regrowth = 'yes';
      }),
      /regrowth/,
    ],
    [
      'a wrong first step',
      settings((parsed) => {
        parsed.firstStep = -1;
      }),
      /firstStep/,
    ],
    [
      'wrong weights',
      settings((parsed) => {
        parsed.weights = [1];
      }),
      /weights/,
    ],
    [
      'an unknown weight',
      settings((parsed) => {
        parsed.weights = ['rope'];
      }),
      /no weight "rope"/,
    ],
  ])('with settings that are %s', async (_, change, message) => {
    const promise = load(await damaged(change));
    await expect(promise).rejects.toThrow(message);
    await expect(promise).rejects.toThrow(/layer "first"/);
    await expect(promise).rejects.toThrow(PruningError);
  });

  it.each(['Nope', '__proto__', 'constructor', ''])(
    'with an inner layer of the class "%s"',
    async (className) => {
      const artifacts = await damaged((config) => {
        (config.layer as { class_name: string }).class_name = className;
      });
      await expect(load(artifacts)).rejects.toThrow(PruningError);
      await expect(load(artifacts)).rejects.toThrow(/unknown class/);
    },
  );

  it('without settings says so when it is to train', async () => {
    const model = await load(await damaged((config) => void Reflect.deleteProperty(config, 'pruning')));
    await expect(startPruning(model)).rejects.toThrow(/Layer "first" has no pruning settings/);
  });

  it('with a mask of another size is refused by the loader', async () => {
    const artifacts = await save(pruneLowMagnitude(dense(), { schedule }));
    const mask = artifacts.weightSpecs?.find(({ name }) => name === 'first/kernel_mask');
    const step = artifacts.weightSpecs?.find(({ name }) => name === 'first/pruning_step');
    if (mask === undefined || step === undefined) throw new Error('no mask');
    [mask.shape, step.shape] = [[], [1]];
    await expect(load(artifacts)).rejects.toThrow(/Shape mismatch/);
  });

  it.each<[string, string, number[], RegExp]>([
    ['bits past the weights', 'first/kernel_mask', [1 << 20], /mask of "first\/kernel" is damaged/],
    ['a negative step', 'second/pruning_step', [-1], /step of layer "second" is damaged: -1/],
  ])('with %s is refused at the start', async (_, name, values, message) => {
    const model = await load(await save(pruneLowMagnitude(dense(), { schedule })));
    const written = tensor1d(values, 'int32');
    weightNamed(model, name).write(name.endsWith('step') ? written.asScalar() : written);
    await expect(startPruning(model)).rejects.toThrow(PruningError);
    await expect(startPruning(model)).rejects.toThrow(message);
  });

  it('with a layer shared between two models is refused before it is written', () => {
    const shared = layers.dense({ name: 'shared', units: 5, inputShape: [5] });
    const twice = sequential({ layers: [sequential({ name: 'a', layers: [shared] })] });
    const other = sequential({ name: 'b' });
    other.layers.push(shared);
    twice.layers.push(other);
    expect(() => pruneLowMagnitude(twice, { schedule })).toThrow(
      /"shared" is shared between two models, as a\/shared and b\/shared/,
    );
  });
});
