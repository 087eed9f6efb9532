import { registerWasmTraining } from '@secateur/wasm-train';
import {
  getBackend,
  losses,
  memory,
  mul,
  randomNormal,
  type Tensor,
  tensor,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers as l,
  metrics,
  model as modelOf,
  sequential,
} from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import type { GroupMember } from '../channel-group.js';
import { call, chain, errorOf, filled, recurrentInitializer, setWeight } from '../small-models.fixture.js';
import { structureOf } from '../structure.js';
import { StructureError } from '../structure-error.js';
import { scoresOf } from './channel-scores.fixture.js';
import { taylor } from './taylor.js';
import type { TaylorOptions } from './taylor-options.js';

// The stock wasm backend has no gradients of convolutions.
if (getBackend() === 'wasm') registerWasmTraining();

const loss = losses.meanSquaredError;

/** y = 1 * h0 - 1 * h1, with h = (2x + 1, 3x). */
function twoUnits(): LayersModel {
  const model = sequential({
    layers: [
      l.dense({ units: 2, inputShape: [1], name: 'h' }),
      l.dense({ units: 1, useBias: false, name: 'y' }),
    ],
  });
  setWeight(model.layers[0], 'kernel', [2, 3]);
  setWeight(model.layers[0], 'bias', [1, 0]);
  setWeight(model.layers[1], 'kernel', [1, -1]);
  return model;
}

/** The loss of a model on a batch. */
async function lossOf(model: LayersModel, x: Tensor, y: Tensor): Promise<number> {
  const value = tidy(() => loss(y, model.predict(x) as Tensor));
  const [number] = await value.data();
  value.dispose();
  return number as number;
}

/** How fast the loss grows with the size of weights of a channel, by central differences. */
async function slope(
  model: LayersModel,
  members: readonly GroupMember[],
  channel: number,
  x: Tensor,
  y: Tensor,
): Promise<number> {
  const step = 0.01;
  const { trace } = structureOf(model);
  const targets = members.map((member) => {
    const layer = [...trace.layers.values()].find(({ path }) => path === member.layer);
    const found = layer?.variables.filter(({ name }) => name === member.weight) ?? [];
    expect(found.length).toBe(1);
    return { ...member, variable: found[0]?.variable as NonNullable<(typeof found)[0]>['variable'] };
  });
  const scaledBy = async (factor: number): Promise<number> => {
    const before = targets.map(({ variable }) => variable.read().clone());
    for (const { variable, axis, channels } of targets) {
      const factors = channels.map((one) => (one === channel ? factor : 1));
      const shape = variable.shape.map((size, at) => (at === axis ? (size as number) : 1));
      tidy(() => {
        variable.write(mul(variable.read(), tensor(factors, shape)));
      });
    }
    const result = await lossOf(model, x, y);
    targets.forEach(({ variable }, index) => {
      variable.write(before[index] as Tensor);
      before[index]?.dispose();
    });
    return result;
  };
  return ((await scaledBy(1 + step)) - (await scaledBy(1 - step))) / (2 * step);
}

/** A model with a batch norm, a depthwise convolution, added layers, and units that are read by several layers. */
function branched(): LayersModel {
  const x = input({ shape: [4, 4, 2] });
  const conv = (name: string, args: object = {}) =>
    l.conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'tanh', name, ...args });
  const first = call(l.batchNormalization({ name: 'norm' }), call(conv('conv', { useBias: false }), x));
  const deep = call(
    l.depthwiseConv2d({ kernelSize: 3, padding: 'same', name: 'deep', activation: 'tanh' }),
    first,
  );
  const added = call(l.add({}), call(conv('left'), deep), call(conv('right'), first));
  const y = call(l.dense({ units: 2, name: 'y' }), call(l.flatten(), added));
  return filled(modelOf({ inputs: x, outputs: y }));
}

function recurrent(): LayersModel {
  return chain(
    l.gru({ units: 3, inputShape: [4, 2], returnSequences: true, recurrentInitializer, name: 'gru' }),
    l.lstm({ units: 2, recurrentInitializer, name: 'lstm' }),
    l.dense({ units: 2, name: 'y' }),
  );
}

const isStatistic = ({ weight }: GroupMember) => weight.startsWith('moving');

describe('taylor', () => {
  it('squares the sum of gradient times weight, with the bias', async () => {
    // x = 1, h = (3, 3), y = 0: the loss is 1 and its gradient by y is -2, so by h it is (-2, 2).
    const x = tensor2d([[1]]);
    const y = tensor2d([[1]]);
    expect(await scoresOf(twoUnits(), taylor({ x, y, loss }))).toEqual({
      h: [(-2 * 2 + -2 * 1) ** 2, (2 * 3 + 2 * 0) ** 2],
    });
    expect(await scoresOf(twoUnits(), taylor({ x, y, loss, size: 'abs' }))).toEqual({ h: [6, 6] });
    // By the weights that read h the gradient is (-2 * 3, -2 * 3).
    expect(await scoresOf(twoUnits(), taylor({ x, y, loss, weights: 'readers' }))).toEqual({ h: [36, 36] });
  });

  it('averages over batches after the square', async () => {
    // For x = 0, h = (1, 0), y = 1: with the target 2 the gradient by y is -2, by h (-2, 2).
    const x = tensor2d([[1], [0]]);
    const y = tensor2d([[1], [2]]);
    const one = { x, y, loss, batchSize: 1 };
    expect(await scoresOf(twoUnits(), taylor(one))).toEqual({ h: [(36 + 4) / 2, (36 + 0) / 2] });
    expect(await scoresOf(twoUnits(), taylor({ x, y, loss }))).toEqual({ h: [((-6 - 2) / 2) ** 2, 9] });
  });

  it('takes a last batch that is smaller', async () => {
    const x = tensor2d([[1], [1], [0]]);
    const y = tensor2d([[1], [1], [2]]);
    expect(await scoresOf(twoUnits(), taylor({ x, y, loss, batchSize: 2 }))).toEqual({ h: [20, 18] });
  });

  it('takes the mean of a loss of each example', async () => {
    const x = tensor2d([[1], [0]]);
    const y = tensor2d([[1], [2]]);
    expect(await scoresOf(twoUnits(), taylor({ x, y, loss: metrics.meanSquaredError }))).toEqual({
      h: [16, 9],
    });
  });

  it('does not ask whether weights are trainable, and leaves them so', async () => {
    const model = twoUnits();
    model.trainable = false;
    const given = { x: tensor2d([[1]]), y: tensor2d([[1]]), loss };
    expect(await scoresOf(model, taylor(given))).toEqual({ h: [36, 36] });
    expect(model.layers.map((layer) => layer.weights.map(({ trainable }) => trainable))).toEqual([
      [false, false],
      [false],
    ]);
  });

  it('runs the model as it predicts', async () => {
    const model = sequential({
      layers: [
        l.dense({ units: 2, inputShape: [1], name: 'h' }),
        l.dropout({ rate: 0.9 }),
        l.dense({ units: 1, useBias: false }),
      ],
    });
    setWeight(model.layers[0], 'kernel', [2, 3]);
    setWeight(model.layers[0], 'bias', [1, 0]);
    setWeight(model.layers[2], 'kernel', [1, -1]);
    const given = { x: tensor2d([[1]]), y: tensor2d([[1]]), loss };
    expect(await scoresOf(model, taylor(given))).toEqual({ h: [36, 36] });
  });

  it('adds up the losses of several outputs, each by its own function', async () => {
    const a = input({ shape: [1] });
    const b = input({ shape: [1] });
    const h = call(l.dense({ units: 1, useBias: false, name: 'h' }), a);
    const first = call(l.dense({ units: 1, useBias: false, name: 'first' }), h);
    const second = call(l.add({}), call(l.dense({ units: 1, useBias: false, name: 'second' }), h), b);
    const model = modelOf({ inputs: [a, b], outputs: [first, second] });
    for (const [name, value] of [
      ['h', 2],
      ['first', 3],
      ['second', 5],
    ] as const) {
      setWeight(model.getLayer(name), 'kernel', [value]);
    }
    // h = 2, first = 6, second = 11. The gradient by h: 3 * 2 * (6 - 5) = 6, and 5 * 1 = 5.
    const x = [tensor2d([[1]]), tensor2d([[1]])];
    const y = [tensor2d([[5]]), tensor2d([[0]])];
    const given = { x, y, size: 'abs' } as const;
    const both = taylor({ ...given, loss: [loss, losses.absoluteDifference] });
    expect(await scoresOf(model, both)).toEqual({ h: [22] });
    // By the squares: 3 * 2 * 1, and 5 * 2 * 11.
    expect(await scoresOf(model, taylor({ ...given, loss }))).toEqual({ h: [232] });
    const firstAlone = taylor({ ...given, loss: [loss, (yTrue) => mul(yTrue, 0)] });
    expect(await scoresOf(model, firstAlone)).toEqual({ h: [12] });
  });

  it('judges a feature of the input by what reads it', async () => {
    const given = { x: tensor2d([[1]]), y: tensor2d([[1]]), loss, size: 'abs' } as const;
    const scores = await scoresOf(twoUnits(), taylor(given), { inputs: true });
    // The gradient by the kernel of h is (-2, 2).
    expect(scores).toEqual({ h_input: [Math.abs(-2 * 2 + 2 * 3)], h: [6, 6] });
  });

  it.each([
    ['branches', branched, [4, 4, 2]],
    ['recurrent layers', recurrent, [4, 2]],
  ])('is the slope of the loss by the weights that read a channel, with %s', async (_, build, shape) => {
    const model = build();
    const x = randomNormal([5, ...shape], 0, 1, 'float32', 3);
    const y = randomNormal([5, 2], 0, 1, 'float32', 4);
    const scores = await scoresOf(model, taylor({ x, y, loss, size: 'abs', weights: 'readers' }));
    for (const { name, prunable, members } of structureOf(model).groups) {
      const readers = members.filter(({ role }) => role === 'in');
      for (const channel of prunable) {
        const expected = Math.abs(await slope(model, readers, channel, x, y));
        expect(scores[name]?.[channel]).toBeCloseTo(expected, 4);
        expect(expected).toBeGreaterThan(1e-3);
      }
    }
  });

  it.each([
    ['branches', branched, [4, 4, 2], { conv: ['conv', 'norm', 'deep'], left: ['left', 'right'] }],
    ['recurrent layers', recurrent, [4, 2], { gru: ['gru'], lstm: ['lstm'] }],
  ])(
    'is the slope of the loss by the weights of each layer that makes a channel, with %s',
    async (_, build, shape, layers) => {
      const model = build();
      const x = randomNormal([5, ...shape], 0, 1, 'float32', 3);
      const y = randomNormal([5, 2], 0, 1, 'float32', 4);
      const options = { x, y, loss, size: 'abs' } as const;
      const [mean, max] = [
        await scoresOf(model, taylor(options)),
        await scoresOf(model, taylor(options), { combine: 'max' }),
      ];
      expect(Object.keys(mean)).toEqual(Object.keys(layers));
      for (const { name, prunable, members } of structureOf(model).groups) {
        for (const channel of prunable) {
          const slopes: number[] = [];
          for (const layer of (layers as Record<string, string[]>)[name] ?? []) {
            const own = members.filter(
              (one) => one.layer === layer && one.role !== 'in' && !isStatistic(one),
            );
            slopes.push(Math.abs(await slope(model, own, channel, x, y)));
          }
          const average = slopes.reduce((sum, one) => sum + one, 0) / slopes.length;
          expect(mean[name]?.[channel]).toBeCloseTo(average, 4);
          expect(max[name]?.[channel]).toBeCloseTo(Math.max(...slopes), 4);
        }
      }
    },
  );

  it('does not count the slopes of PReLU as what makes a channel', async () => {
    const model = sequential({
      layers: [
        l.dense({ units: 2, inputShape: [1], name: 'h' }),
        l.prelu(),
        l.dense({ units: 1, useBias: false }),
      ],
    });
    setWeight(model.layers[0], 'kernel', [2, -3]);
    setWeight(model.layers[0], 'bias', [1, 0]);
    setWeight(model.layers[1], 'alpha', [0.5, 1]);
    setWeight(model.layers[2], 'kernel', [1, 1]);
    // h = (3, -3), y = 0: the gradient by y is -2.
    const given = { x: tensor2d([[1]]), y: tensor2d([[1]]), loss };
    expect(await scoresOf(model, taylor(given))).toEqual({ h: [36, 36] });
  });

  it('takes a model without weights', async () => {
    const [a, b] = [input({ shape: [2], name: 'a' }), input({ shape: [2], name: 'b' })];
    const dotted = modelOf({ inputs: [a, b], outputs: call(l.dot({ axes: 1 }), a, b) });
    const x = [tensor2d([[1, 2]]), tensor2d([[3, 4]])];
    const criterion = taylor({ x, y: tensor2d([[1]]), loss });
    expect(await scoresOf(dotted, criterion, { inputs: true })).toEqual({ a: [1, 1] });
  });

  it('leaves no tensors behind', async () => {
    const model = branched();
    const x = randomNormal([3, 4, 4, 2]);
    const y = randomNormal([3, 2]);
    const { numTensors } = memory();
    await scoresOf(model, taylor({ x, y, loss, batchSize: 2 }));
    expect(memory().numTensors).toBe(numTensors);
    const notFinite = taylor({ x, y, loss: (yTrue, yPred) => mul(loss(yTrue, yPred), Number.NaN) });
    expect(await errorOf(scoresOf(model, notFinite))).toMatchObject({ option: 'loss' });
    expect(memory().numTensors).toBe(numTensors);
  });

  const good = { x: tensor2d([[1]]), y: tensor2d([[1]]), loss };

  it.each<[string, Partial<Record<keyof TaylorOptions, unknown>>, string]>([
    ['x', { x: [[1]] }, 'x must be a tensor of one or more examples, or a list of such tensors'],
    ['x', { x: [] }, 'x must be a tensor of one or more examples, or a list of such tensors'],
    ['y', { y: undefined }, 'y must be a tensor of one or more examples, or a list of such tensors'],
    ['y', { y: tensor2d([[1], [2]]) }, 'x and y must have the same number of examples, but have 1 and 2'],
    [
      'loss',
      { loss: 'meanSquaredError' },
      'loss must be a function (yTrue, yPred) => Tensor, or a list of them',
    ],
    ['loss', { loss: [] }, 'loss must be a function (yTrue, yPred) => Tensor, or a list of them'],
    ['batchSize', { batchSize: 0 }, 'batchSize must be an integer above 0, but is 0'],
    ['size', { size: 'cube' }, "size must be 'square' or 'abs', but is cube"],
    ['weights', { weights: 'all' }, "weights must be 'writers' or 'readers', but is all"],
  ])('refuses a wrong %s', (option, wrong, message) => {
    const make = () => taylor({ ...good, ...wrong } as unknown as TaylorOptions);
    expect(make).toThrow(StructureError);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ option }));
  });

  it.each<[string, Partial<Record<keyof TaylorOptions, unknown>>, string]>([
    ['x', { x: [good.x, good.x] }, "x must have a tensor for each of the model's 1 inputs, but has 2"],
    ['y', { y: [good.y, good.y] }, "y must have a tensor for each of the model's 1 outputs, but has 2"],
    [
      'loss',
      { loss: [loss, loss] },
      "loss must have a function for each of the model's 1 outputs, but has 2",
    ],
    ['loss', { loss: () => 3 }, 'loss must return a tensor, but returned 3'],
  ])('refuses when scoring a %s that does not fit', async (option, wrong, message) => {
    const criterion = taylor({ ...good, ...wrong } as unknown as TaylorOptions);
    const model = twoUnits();
    const { numTensors } = memory();
    const error = await errorOf(scoresOf(model, criterion));
    expect(StructureError.isInstance(error) && [error.option, error.message]).toEqual([option, message]);
    expect(memory().numTensors).toBe(numTensors);
  });
});
