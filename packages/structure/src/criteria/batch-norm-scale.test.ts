import { memory } from '@tensorflow/tfjs-core';
import { input, layers as l, model as modelOf, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { call, errorOf, setWeight } from '../small-models.fixture.js';
import { StructureError } from '../structure-error.js';
import { batchNormScale } from './batch-norm-scale.js';
import { scoresOf } from './channel-scores.fixture.js';
import { l1 } from './l1.js';

describe('batchNormScale', () => {
  it('is the magnitude of gamma', async () => {
    const model = sequential({
      layers: [
        l.dense({ units: 3, inputShape: [2], name: 'a' }),
        l.batchNormalization({}),
        l.dense({ units: 1 }),
      ],
    });
    setWeight(model.layers[1], 'gamma', [0.5, -2, 0]);
    setWeight(model.layers[1], 'beta', [7, 8, 9]);
    expect(await scoresOf(model, batchNormScale())).toEqual({ a: [0.5, 2, 0] });
  });

  it('adds up the positions of a channel behind a Flatten', async () => {
    const model = sequential({
      layers: [
        l.conv1d({ filters: 2, kernelSize: 1, inputShape: [2, 1], name: 'conv' }),
        l.flatten(),
        l.batchNormalization({}),
        l.dense({ units: 1 }),
      ],
    });
    setWeight(model.layers[2], 'gamma', [1, 10, -2, 20]);
    expect(await scoresOf(model, batchNormScale())).toEqual({ conv: [3, 30] });
  });

  it('combines the batch norms on the way of a channel', async () => {
    const x = input({ shape: [1] });
    const branch = (name: string) =>
      call(l.batchNormalization({ name: `${name}-norm` }), call(l.dense({ units: 2, name }), x));
    const added = call(l.add({}), branch('a'), branch('b'));
    const model = modelOf({ inputs: x, outputs: call(l.dense({ units: 1 }), added) });
    setWeight(model.getLayer('a-norm'), 'gamma', [1, -2]);
    setWeight(model.getLayer('b-norm'), 'gamma', [3, 6]);
    expect(await scoresOf(model, batchNormScale())).toEqual({ a: [2, 4] });
    expect(await scoresOf(model, batchNormScale(), { combine: 'sum' })).toEqual({ a: [4, 8] });
    expect(await scoresOf(model, batchNormScale(), { combine: 'max' })).toEqual({ a: [3, 6] });
  });

  it.each([
    ['no batch norm', []],
    ['a batch norm without a scale', [l.batchNormalization({ scale: false })]],
  ])('names a group with %s, or goes by the fallback', async (_, between) => {
    const model = sequential({
      layers: [
        l.dense({ units: 2, inputShape: [1], name: 'a' }),
        l.batchNormalization({ name: 'norm' }),
        l.dense({ units: 2, name: 'b' }),
        ...between,
        l.dense({ units: 1 }),
      ],
    });
    setWeight(model.getLayer('norm'), 'gamma', [3, 4]);
    setWeight(model.getLayer('b'), 'kernel', [1, 2, -3, 4]);
    const error = await errorOf(scoresOf(model, batchNormScale()));
    expect(StructureError.isInstance(error) && [error.option, error.layer, error.message]).toEqual([
      'criterion',
      'b',
      'criterion: channel 0 of the group "b" passes no batch norm that scales it; give batchNormScale a fallback, as { fallback: l1() }',
    ]);
    expect(await scoresOf(model, batchNormScale({ fallback: l1() }))).toEqual({ a: [3, 4], b: [4, 6] });
  });

  it('asks nothing of the layers that stay', async () => {
    const model = sequential({ layers: [l.dense({ units: 2, inputShape: [1], name: 'only' })] });
    expect(await scoresOf(model, batchNormScale())).toEqual({});
  });

  it('leaves no tensors behind', async () => {
    const model = sequential({
      layers: [l.dense({ units: 3, inputShape: [2] }), l.batchNormalization({}), l.dense({ units: 1 })],
    });
    const { numTensors } = memory();
    await scoresOf(model, batchNormScale());
    expect(memory().numTensors).toBe(numTensors);
  });

  it.each([['l1'], [null], [() => [1]]])('refuses the fallback %s', (fallback) => {
    const wrong = () => batchNormScale({ fallback: fallback as never });
    expect(wrong).toThrow(StructureError);
    expect(wrong).toThrow('fallback must be a criterion, as l1(), but is ');
  });
});
