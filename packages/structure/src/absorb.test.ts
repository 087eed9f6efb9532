import { memory, randomNormal, relu, serialization, sub, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers as l, model as modelOf, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { shrink } from './shrink.js';
import {
  call,
  chain,
  differenceOf,
  filled,
  recurrentInitializer,
  setWeight,
  silence,
  weightsOf,
} from './small-models.fixture.js';

const dense = (name: string, units: number, args: object = {}): l.Layer => l.dense({ name, units, ...args });
const conv = (name: string, filters: number, args: object = {}): l.Layer =>
  l.conv2d({ name, filters, kernelSize: 3, ...args });
const image = { inputShape: [6, 6, 2] };

/** Lets through what is above 15; nothing is known of it. */
class Opened extends l.Layer {
  static readonly className = 'Opened';
  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => relu(sub([inputs].flat()[0] as Tensor, 15)));
  }
}
serialization.registerClass(Opened);

/** Units 1 and 3 of the layer `dead`, which has 5, are fed by zeros. */
function withDead(model: LayersModel): LayersModel {
  silence(model.getLayer('dead'), [1, 3], 5);
  return model;
}
const removed = [{ layer: 'dead', units: 5, remove: [1, 3] }];

it('moves a bias by what the constants bring', async () => {
  const model = sequential({
    layers: [dense('dead', 2, { inputShape: [1], activation: 'relu' }), dense('logits', 2)],
  });
  setWeight(model.getLayer('dead'), 'kernel', [4, 0]);
  setWeight(model.getLayer('dead'), 'bias', [1, 0.5]);
  setWeight(model.getLayer('logits'), 'kernel', [1, 2, 10, 20]);
  setWeight(model.getLayer('logits'), 'bias', [100, 200]);
  const { model: shrunk, report, plan } = await shrink(model);
  expect(await weightsOf(shrunk)).toEqual({
    'dead/kernel': [4],
    'dead/bias': [1],
    'logits/kernel': [1, 2],
    'logits/bias': [105, 210],
  });
  expect(report).toEqual({ maxRelError: expect.any(Number), absorbed: ['logits'], kept: [], inputs: [] });
  expect(plan).toMatchObject({
    layers: [{ layer: 'dead', units: 2, remove: [1] }],
    before: { parameters: 10, macs: 6 },
    after: { parameters: 6, macs: 3 },
  });
});

describe('takes a constant over exactly', () => {
  const towards = (...between: l.Layer[]) => [
    dense('dead', 5, { inputShape: [4] }),
    ...between,
    dense('logits', 2),
  ];
  const summed = () => {
    const x = input({ shape: [4], name: 'x' });
    const [a, b] = [call(dense('dead', 5), x), call(dense('beside', 5), x)];
    const model = filled(modelOf({ inputs: x, outputs: call(dense('logits', 2), call(l.add(), a, b)) }));
    silence(model.getLayer('beside'), [1, 3], 5);
    return model;
  };
  const shared = () => {
    const [x, y] = [input({ shape: [4], name: 'x' }), input({ shape: [4], name: 'y' })];
    const [made, reader] = [dense('dead', 5, { activation: 'sigmoid' }), dense('logits', 2)];
    const outputs = [x, y].map((one) => call(reader, call(made, one)));
    return filled(modelOf({ inputs: [x, y], outputs: call(l.multiply(), ...outputs) }));
  };
  const nested = () => {
    const head = sequential({ name: 'head', layers: [l.reLU({ inputShape: [5] }), dense('logits', 2)] });
    return chain(dense('dead', 5, { inputShape: [4] }), head);
  };
  it.each<[string, string[], () => LayersModel]>([
    ['nothing between', ['logits'], () => chain(...towards())],
    ['relu', ['logits'], () => chain(...towards(l.reLU({ name: 'between' })))],
    ['leaky relu', ['logits'], () => chain(...towards(l.leakyReLU({ alpha: 0.3 })))],
    ['elu', ['logits'], () => chain(...towards(l.elu()))],
    ['prelu', ['logits'], () => chain(...towards(l.prelu()))],
    ['tanh', ['logits'], () => chain(...towards(l.activation({ activation: 'tanh' })))],
    ['sigmoid', ['logits'], () => chain(...towards(l.activation({ activation: 'sigmoid' })))],
    ['softplus', ['logits'], () => chain(...towards(l.activation({ activation: 'softplus' })))],
    ['batch normalization', ['logits'], () => chain(...towards(l.batchNormalization({ name: 'norm' })))],
    [
      'batch normalization, dropout and noise',
      ['logits'],
      () =>
        chain(...towards(l.dropout({ rate: 0.5 }), l.batchNormalization(), l.gaussianNoise({ stddev: 1 }))),
    ],
    [
      'a reader without a bias',
      ['reader'],
      () =>
        chain(
          dense('dead', 5, { inputShape: [4], activation: 'tanh' }),
          dense('reader', 3, { useBias: false, activation: 'sigmoid' }),
          dense('logits', 2),
        ),
    ],
    [
      'readers that are frozen, or nonlinear',
      ['a', 'b'],
      () => {
        const x = call(dense('dead', 5, { activation: 'sigmoid' }), input({ shape: [4], name: 'x' }));
        const readers = [dense('a', 3, { trainable: false }), dense('b', 2, { activation: 'softmax' })];
        return filled(modelOf({ inputs: x.inputs, outputs: readers.map((layer) => call(layer, x)) }));
      },
    ],
    [
      'a convolution without padding',
      ['next'],
      () =>
        chain(conv('dead', 5, { ...image, activation: 'sigmoid' }), conv('next', 3, { activation: 'relu' })),
    ],
    [
      'a strided convolution that had no bias',
      ['next'],
      () =>
        chain(
          conv('dead', 5, image),
          l.batchNormalization(),
          conv('next', 3, { strides: 2, useBias: false }),
        ),
    ],
    [
      'a padded convolution with a window of one pixel',
      ['next'],
      () => chain(conv('dead', 5, image), conv('next', 3, { kernelSize: 1, padding: 'same' })),
    ],
    [
      'pooling with padding',
      ['next'],
      () =>
        chain(
          conv('dead', 5, { ...image, activation: 'sigmoid' }),
          l.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
          conv('next', 3, { kernelSize: 2 }),
        ),
    ],
    ['a flatten', ['logits'], () => chain(conv('dead', 5, image), l.reLU(), l.flatten(), dense('logits', 2))],
    [
      'global pooling',
      ['logits'],
      () => chain(conv('dead', 5, image), l.reLU(), l.globalAveragePooling2d({}), dense('logits', 2)),
    ],
    [
      'a depthwise convolution without padding',
      ['next'],
      () => chain(conv('dead', 5, image), l.depthwiseConv2d({ kernelSize: 2 }), conv('next', 3)),
    ],
    ['an addition of two that are both dead', ['logits'], summed],
    ['a layer that is called twice', ['logits'], shared],
    ['a layer in a model inside', ['head/logits'], nested],
    [
      'a recurrent layer that reads it',
      ['cells'],
      () =>
        chain(
          dense('dead', 5, { inputShape: [6, 4], activation: 'sigmoid' }),
          l.lstm({ name: 'cells', units: 3, recurrentInitializer }),
        ),
    ],
    [
      'a dense layer at each time step',
      ['each'],
      () =>
        chain(
          dense('dead', 5, { inputShape: [6, 4], activation: 'sigmoid' }),
          l.timeDistributed({ name: 'each', layer: l.dense({ units: 3 }) }),
        ),
    ],
  ])('through %s', async (_, readers, make) => {
    const model = withDead(make());
    const { numTensors } = memory();
    const { model: shrunk, plan, report } = await shrink(model);
    expect(memory().numTensors - numTensors).toBe(shrunk.weights.length);
    expect(plan.layers.find(({ layer }) => layer === 'dead')).toEqual(removed[0]);
    expect(report).toMatchObject({ kept: [], absorbed: readers });
    expect(report.maxRelError).toBeLessThan(1e-5);
    expect(await differenceOf(model, shrunk)).toBeLessThan(1e-5);
    expect(shrunk.countParams()).toBe(plan.after.parameters);
  });

  it('gives a bias to a layer that had none, and says so in its config', async () => {
    const model = withDead(
      chain(
        dense('dead', 5, { inputShape: [4], activation: 'tanh' }),
        dense('logits', 2, { useBias: false }),
      ),
    );
    const { model: shrunk, plan } = await shrink(model);
    expect(shrunk.getLayer('logits').getConfig().useBias).toBe(true);
    expect(plan.before.parameters).toBe(25 + 10);
    expect(plan.after.parameters).toBe(15 + 6 + 2);
    // Without a constant there is none.
    setWeight(model.getLayer('dead'), 'bias');
    const { model: plain } = await shrink(model);
    expect(plain.getLayer('logits').getConfig().useBias).toBe(false);
  });
});

describe('keeps a channel whose constant is needed, and says why', () => {
  const padded = () =>
    chain(conv('dead', 5, { ...image, activation: 'sigmoid' }), conv('next', 3, { padding: 'same' }));
  const kept = (reader: string, reason: string, ...units: number[]) =>
    units.map((unit) => ({ layer: 'dead', unit, reader, reason }));

  it('where a padded convolution reads it', async () => {
    const model = padded();
    silence(model.getLayer('dead'), [3], 5);
    const { model: shrunk, plan, report } = await shrink(model);
    expect(plan.layers).toEqual([]);
    expect(report).toMatchObject({
      absorbed: [],
      kept: kept('next', 'its constant meets the zero padding there', 3),
    });
    expect(await differenceOf(model, shrunk)).toBe(0);
  });

  it('one for all that a padded convolution reads: it reads the others from that one', async () => {
    const model = sequential({
      layers: [
        l.conv1d({ name: 'dead', filters: 3, kernelSize: 1, inputShape: [4, 1] }),
        l.conv1d({ name: 'next', filters: 2, kernelSize: 2, padding: 'same' }),
      ],
    });
    setWeight(model.getLayer('dead'), 'kernel', [0, 5, 0]);
    setWeight(model.getLayer('dead'), 'bias', [2, 1, -8]);
    setWeight(model.getLayer('next'), 'kernel', [4, 8, 1, 1, 3, 3, 12, 16, 1, 1, 5, 5]);
    setWeight(model.getLayer('next'), 'bias', [1, 2]);
    const { model: shrunk, plan, report } = await shrink(model);
    expect(plan.layers).toEqual([{ layer: 'dead', units: 3, remove: [0] }]);
    expect(report.kept).toEqual(kept('next', 'its constant meets the zero padding there', 2));
    expect(await weightsOf(shrunk)).toEqual({
      'dead/kernel': [5, 0],
      'dead/bias': [1, -8],
      'next/kernel': [1, 1, 3 - 4 / 4, 3 - 8 / 4, 1, 1, 5 - 12 / 4, 5 - 16 / 4],
      'next/bias': [1, 2],
    });
    expect(await differenceOf(model, shrunk)).toBeLessThan(1e-6);
  });

  it('but not where the constant is 0', async () => {
    const model = withDead(
      chain(conv('dead', 5, { ...image, activation: 'relu' }), conv('next', 3, { padding: 'same' })),
    );
    setWeight(model.getLayer('dead'), 'bias', [0.3, -0.2, 0.3, 0, 0.3]);
    const { model: shrunk, plan, report } = await shrink(model);
    expect(plan.layers).toEqual(removed);
    expect(report).toMatchObject({ absorbed: [], kept: [] });
    expect(await differenceOf(model, shrunk)).toBeLessThan(1e-6);
  });

  it('for one of two readers: the bias of the other takes over what goes', async () => {
    const x = input({ shape: [6, 6, 2], name: 'x' });
    const made = call(conv('dead', 5), x);
    const readers = [conv('valid', 2), conv('same', 2, { padding: 'same' })];
    const model = withDead(
      filled(modelOf({ inputs: x, outputs: readers.map((layer) => call(layer, made)) })),
    );
    setWeight(model.getLayer('dead'), 'bias', [1, 0.1, 1, -0.7, 1]);
    const { model: shrunk, plan, report } = await shrink(model);
    expect(plan.layers).toEqual([{ layer: 'dead', units: 5, remove: [1] }]);
    expect(report.absorbed).toContain('valid');
    expect(report.kept).toEqual(kept('same', 'its constant meets the zero padding there', 3));
    expect(await differenceOf(model, shrunk)).toBeLessThan(1e-6);
  });

  it('unless it is asked not to be exact at the edges', async () => {
    const model = withDead(padded());
    const { model: shrunk, plan, report } = await shrink(model, { approximate: true });
    expect(plan.layers).toEqual(removed);
    expect(report).toMatchObject({ absorbed: ['next'], kept: [] });
    expect(report.maxRelError).toBeGreaterThan(1e-3);
    expect(await differenceOf(model, shrunk)).toBeGreaterThan(1e-3);
    const inner = (one: LayersModel) => {
      const crop = l.cropping2D({ cropping: 1 });
      return modelOf({ inputs: one.inputs, outputs: call(crop, ...one.outputs) });
    };
    expect(await differenceOf(inner(model), inner(shrunk))).toBeLessThan(1e-5);
  });

  it('where there is no bias to take it over', async () => {
    const x = input({ shape: [4], name: 'x' });
    const made = ['dead', 'other'].map((name) => call(dense(name, 5, { activation: 'sigmoid' }), x));
    const dot = call(l.dot({ name: 'dot', axes: 1 }), ...made);
    const model = withDead(filled(modelOf({ inputs: x, outputs: dot })));
    silence(model.getLayer('other'), [1, 3], 5);
    const { model: shrunk, plan, report } = await shrink(model);
    expect(plan.layers).toEqual([]);
    expect(report.kept).toEqual(kept('dot', 'no bias stands beside what reads it', 1, 3));
    expect(await differenceOf(model, shrunk)).toBe(0);
  });

  it('where TensorFlow.js would add the bias along another axis', async () => {
    const channelsFirst = { dataFormat: 'channelsFirst' as const, inputShape: [2, 4, 4] };
    const model = chain(
      conv('dead', 5, { ...channelsFirst, kernelSize: 1, activation: 'sigmoid' }),
      l.separableConv2d({ name: 'next', filters: 3, kernelSize: 1, useBias: false, ...channelsFirst }),
    );
    const { model: shrunk, plan, report } = await shrink(withDead(model));
    expect(plan.layers).toEqual([]);
    expect(report.kept).toEqual(
      kept('next', 'TensorFlow.js adds the bias of the layer along another axis', 1, 3),
    );
    expect(await differenceOf(model, shrunk)).toBe(0);
  });

  it('where it starts from another state than it sends', async () => {
    const model = chain(
      l.simpleRNN({ name: 'dead', units: 5, recurrentInitializer, inputShape: [4, 3] }),
      dense('logits', 2),
    );
    const { model: shrunk, plan, report } = await shrink(withDead(model));
    expect(plan.layers).toEqual([]);
    expect(report.kept).toEqual(kept('dead', 'what it sends is not constant', 1, 3));
    expect(await differenceOf(model, shrunk)).toBe(0);
  });

  it('where it varies with another tensor', async () => {
    const x = input({ shape: [6, 6, 2], name: 'x' });
    const gated = call(l.multiply({ name: 'gated' }), call(conv('dead', 5), x), call(conv('gate', 1), x));
    const model = withDead(filled(modelOf({ inputs: x, outputs: call(conv('next', 2), gated) })));
    const { model: shrunk, plan, report } = await shrink(model);
    expect(plan.layers).toEqual([]);
    expect(report.kept).toEqual(kept('next', 'what it sends is not constant', 1, 3));
    expect(await differenceOf(model, shrunk)).toBe(0);
  });

  it.each<[string, () => l.Layer]>([
    ['a layer', () => l.thresholdedReLU({ theta: 15 })],
    ['a layer of a class without a rule', () => new Opened({})],
  ])('where a gate opens for other inputs than those looked at: %s', async (_, gate) => {
    const x = input({ shape: [4], name: 'x' });
    const made = call(dense('dead', 5, { activation: 'sigmoid' }), x);
    const gated = call(l.multiply(), made, call(gate(), call(dense('score', 1), x)));
    const model = withDead(filled(modelOf({ inputs: x, outputs: call(dense('next', 2), gated) })));
    const { model: shrunk, plan, report } = await shrink(model);
    expect(plan.layers).toEqual([]);
    expect(report.kept).toEqual(kept('next', 'what it sends is not constant', 1, 3));
    const examples = [randomNormal([8, 4], 0, 100, 'float32', 1)];
    expect(await differenceOf(model, shrunk, examples)).toBe(0);
  });

  it('where another layer, which sends no constant, is read by the same weights', async () => {
    const x = input({ shape: [4], name: 'x' });
    const open = call(l.thresholdedReLU({ theta: 15 }), call(dense('open', 5), x));
    const reader = dense('next', 2);
    const outputs = [call(reader, call(dense('dead', 5), x)), call(reader, open)];
    const model = withDead(filled(modelOf({ inputs: x, outputs })));
    const { plan, report } = await shrink(model);
    expect(plan.layers).toEqual([]);
    expect(report.kept).toEqual(kept('next', 'what it sends is not constant', 1, 3));
  });
});
