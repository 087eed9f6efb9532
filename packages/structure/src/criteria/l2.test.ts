import { memory } from '@tensorflow/tfjs-core';
import { input, layers as l, model as modelOf, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { call, recurrentInitializer, setWeight } from '../small-models.fixture.js';
import { scoresOf } from './channel-scores.fixture.js';
import { l2 } from './l2.js';

describe('l2', () => {
  it('is the root of the sum of the squares of a column', async () => {
    const model = sequential({
      layers: [l.dense({ units: 3, inputShape: [2], name: 'a' }), l.dense({ units: 1 })],
    });
    setWeight(model.layers[0], 'kernel', [3, -5, 0, 4, 12, 0]);
    setWeight(model.layers[0], 'bias', [100, 200, 300]);
    expect(await scoresOf(model, l2())).toEqual({ a: [5, 13, 0] });
  });

  it('adds the gates of a unit before the root, and kernels after it', async () => {
    const model = sequential({
      layers: [
        l.gru({ units: 2, inputShape: [3, 1], recurrentInitializer, name: 'gru' }),
        l.dense({ units: 1 }),
      ],
    });
    setWeight(model.layers[0], 'kernel', [1, 0, 2, 3, -2, 4]);
    setWeight(model.layers[0], 'recurrent_kernel', [3, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, -12]);
    expect(await scoresOf(model, l2(), { combine: 'sum' })).toEqual({ gru: [3 + 5, 5 + 12] });
    expect(await scoresOf(model, l2(), { combine: 'max' })).toEqual({ gru: [5, 12] });
  });

  it('combines added layers', async () => {
    const x = input({ shape: [2] });
    const added = call(
      l.add({}),
      call(l.dense({ units: 1, name: 'a' }), x),
      call(l.dense({ units: 1, name: 'b' }), x),
    );
    const model = modelOf({ inputs: x, outputs: call(l.dense({ units: 1 }), added) });
    setWeight(model.getLayer('a'), 'kernel', [3, 4]);
    setWeight(model.getLayer('b'), 'kernel', [5, 12]);
    expect(await scoresOf(model, l2())).toEqual({ a: [9] });
    expect(await scoresOf(model, l2(), { combine: 'sum' })).toEqual({ a: [18] });
    expect(await scoresOf(model, l2(), { combine: 'max' })).toEqual({ a: [13] });
  });

  it('leaves no tensors behind', async () => {
    const model = sequential({ layers: [l.dense({ units: 3, inputShape: [2] }), l.dense({ units: 1 })] });
    const { numTensors } = memory();
    await scoresOf(model, l2());
    expect(memory().numTensors).toBe(numTensors);
  });
});
