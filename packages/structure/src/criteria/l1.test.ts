import { memory } from '@tensorflow/tfjs-core';
import { input, layers as l, model as modelOf, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { call, recurrentInitializer, setWeight } from '../small-models.fixture.js';
import { StructureError } from '../structure-error.js';
import { scoresOf } from './channel-scores.fixture.js';
import { l1 } from './l1.js';

describe('l1', () => {
  it('adds up the magnitudes of a column of a dense kernel, and not of its bias', async () => {
    const model = sequential({
      layers: [l.dense({ units: 3, inputShape: [2], name: 'a' }), l.dense({ units: 1, name: 'b' })],
    });
    setWeight(model.layers[0], 'kernel', [1, -2, 0.5, 3, 4, -0.25]);
    setWeight(model.layers[0], 'bias', [100, 200, 300]);
    expect(await scoresOf(model, l1())).toEqual({ a: [4, 6, 0.75] });
  });

  it('adds up the magnitudes of a filter of a convolution', async () => {
    const model = sequential({
      layers: [
        l.conv2d({ filters: 2, kernelSize: [1, 2], inputShape: [4, 4, 2], name: 'conv' }),
        l.globalAveragePooling2d({}),
        l.dense({ units: 1 }),
      ],
    });
    // [1, 2, in, out]: the last index is the filter.
    setWeight(model.layers[0], 'kernel', [1, 10, -2, 20, 3, -30, 4, 40]);
    expect(await scoresOf(model, l1())).toEqual({ conv: [10, 100] });
  });

  it('adds up over the axis of the filters of a transposed convolution, which is not the last one', async () => {
    const model = sequential({
      layers: [
        l.conv2dTranspose({ filters: 2, kernelSize: [1, 1], inputShape: [2, 2, 3], name: 'up' }),
        l.globalAveragePooling2d({}),
        l.dense({ units: 1 }),
      ],
    });
    // [1, 1, out, in]
    setWeight(model.layers[0], 'kernel', [1, 2, 3, -10, 20, 30]);
    expect(await scoresOf(model, l1())).toEqual({ up: [6, 60] });
  });

  it('takes the weights of an embedding', async () => {
    const model = sequential({
      layers: [
        l.embedding({ inputDim: 2, outputDim: 2, inputLength: 3, name: 'words' }),
        l.globalAveragePooling1d({}),
        l.dense({ units: 1 }),
      ],
    });
    setWeight(model.layers[0], 'embeddings', [1, -4, 2, 5]);
    expect(await scoresOf(model, l1())).toEqual({ words: [3, 9] });
  });

  it('adds up the gates of an LSTM unit, in each of its two kernels', async () => {
    const model = sequential({
      layers: [
        l.lstm({ units: 2, inputShape: [3, 1], recurrentInitializer, name: 'lstm' }),
        l.dense({ units: 1 }),
      ],
    });
    // Columns k * 2 + u: unit 0 has those with an even index.
    setWeight(model.layers[0], 'kernel', [1, 2, 3, 4, 5, 6, 7, 8]);
    setWeight(model.layers[0], 'recurrent_kernel', [1, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, -2, 0, 0]);
    expect(await scoresOf(model, l1(), { combine: 'sum' })).toEqual({ lstm: [16 + 1, 20 + 3] });
    expect(await scoresOf(model, l1(), { combine: 'mean' })).toEqual({ lstm: [8.5, 11.5] });
    expect(await scoresOf(model, l1(), { combine: 'max' })).toEqual({ lstm: [16, 20] });
  });

  it('combines the two directions of Bidirectional, whose weights have one path', async () => {
    const model = sequential({
      layers: [
        l.bidirectional({
          layer: l.simpleRNN({ units: 2, recurrentInitializer, useBias: false, name: 'rnn' }) as l.RNN,
          mergeMode: 'sum',
          inputShape: [3, 1],
          name: 'both',
        }),
        l.dense({ units: 1 }),
      ],
    });
    const { forwardLayer, backwardLayer } = model.layers[0] as l.Layer & Record<string, l.Layer>;
    setWeight(forwardLayer, 'kernel', [1, 2]);
    setWeight(forwardLayer, 'recurrent_kernel', [0, 0, 0, 0]);
    setWeight(backwardLayer, 'kernel', [10, 20]);
    setWeight(backwardLayer, 'recurrent_kernel', [100, 0, 0, 200]);
    expect(await scoresOf(model, l1(), { combine: 'sum' })).toEqual({ both: [111, 222] });
  });

  it('leaves a depthwise convolution out, unless asked for', async () => {
    const model = sequential({
      layers: [
        l.conv2d({ filters: 2, kernelSize: 1, inputShape: [4, 4, 1], name: 'expand' }),
        l.depthwiseConv2d({ kernelSize: 1, depthMultiplier: 2, name: 'depthwise' }),
        l.conv2d({ filters: 1, kernelSize: 1, name: 'project' }),
        l.flatten(),
      ],
    });
    setWeight(model.layers[0], 'kernel', [3, -5]);
    // [1, 1, in, multiplier]
    setWeight(model.layers[1], 'depthwise_kernel', [1, 2, -10, 20]);
    // [1, 1, in * multiplier, out]
    setWeight(model.layers[2], 'kernel', [100, 200, 300, 400]);
    expect(await scoresOf(model, l1())).toMatchObject({ expand: [3, 5] });
    const through = l1({ roles: ['out', 'through'] });
    expect(await scoresOf(model, through, { combine: 'sum' })).toMatchObject({ expand: [6, 35] });
    expect(await scoresOf(model, l1({ roles: ['in'] }))).toMatchObject({ expand: [300, 700] });
  });

  it('adds up what reads a channel behind a Flatten', async () => {
    const model = sequential({
      layers: [
        l.conv1d({ filters: 2, kernelSize: 1, inputShape: [2, 1], name: 'conv' }),
        l.flatten(),
        l.dense({ units: 1, name: 'logits' }),
      ],
    });
    // Rows: position 0 channel 0, position 0 channel 1, position 1 channel 0, position 1 channel 1.
    setWeight(model.layers[2], 'kernel', [1, 10, -2, 20]);
    expect(await scoresOf(model, l1({ roles: ['in'] }))).toEqual({ conv: [3, 30] });
  });

  it('combines the layers that are added, and not those that are concatenated', async () => {
    const x = input({ shape: [1] });
    const a = call(l.dense({ units: 2, name: 'a' }), x);
    const b = call(l.dense({ units: 2, name: 'b' }), x);
    const c = call(l.dense({ units: 2, name: 'c' }), x);
    const added = call(l.add({}), a, b);
    const y = call(l.dense({ units: 1, name: 'y' }), call(l.concatenate({}), added, c));
    const model = modelOf({ inputs: x, outputs: y });
    setWeight(model.getLayer('a'), 'kernel', [1, -2]);
    setWeight(model.getLayer('b'), 'kernel', [3, 10]);
    setWeight(model.getLayer('c'), 'kernel', [7, 9]);
    setWeight(model.getLayer('y'), 'kernel', [1, 2, 3, 4]);
    expect(await scoresOf(model, l1(), { combine: 'mean' })).toEqual({ a: [2, 6], c: [7, 9] });
    expect(await scoresOf(model, l1(), { combine: 'sum' })).toEqual({ a: [4, 12], c: [7, 9] });
    expect(await scoresOf(model, l1(), { combine: 'max' })).toEqual({ a: [3, 10], c: [7, 9] });
    expect(await scoresOf(model, l1({ roles: ['in'] }))).toEqual({ a: [1, 2], c: [3, 4] });
    const both = l1({ roles: ['out', 'in'] });
    expect(await scoresOf(model, both, { combine: 'sum' })).toEqual({ a: [5, 14], c: [10, 13] });
  });

  it('counts a channel with the weights that it is in alone', async () => {
    const x = input({ shape: [1] });
    const a = call(l.dense({ units: 1, name: 'a' }), x);
    const b = call(l.dense({ units: 1, name: 'b' }), x);
    const c = call(l.dense({ units: 2, name: 'c' }), x);
    const added = call(l.add({}), call(l.concatenate({}), a, b), c);
    const y = call(l.dense({ units: 1 }), call(l.multiply({}), added, added));
    const model = modelOf({ inputs: x, outputs: y });
    setWeight(model.getLayer('a'), 'kernel', [1]);
    setWeight(model.getLayer('b'), 'kernel', [2]);
    setWeight(model.getLayer('c'), 'kernel', [3, 6]);
    expect(await scoresOf(model, l1())).toEqual({ a: [2, 4] });
    expect(await scoresOf(model, l1(), { combine: 'sum' })).toEqual({ a: [4, 8] });
  });

  it('judges a feature of the input by what reads it', async () => {
    const model = sequential({
      layers: [l.dense({ units: 2, inputShape: [3], name: 'hidden' }), l.dense({ units: 1 })],
    });
    setWeight(model.layers[0], 'kernel', [1, 2, 10, 20, 100, 200]);

    expect(await scoresOf(model, l1(), { inputs: true })).toEqual({
      hidden_input: [3, 30, 300],
      hidden: [111, 222],
    });
  });

  it('leaves no tensors behind', async () => {
    const model = sequential({ layers: [l.dense({ units: 3, inputShape: [2] }), l.dense({ units: 1 })] });
    const { numTensors } = memory();
    await scoresOf(model, l1());
    expect(memory().numTensors).toBe(numTensors);
  });

  it.each([[[]], [['out', 'up']], ['out'], [null]])('refuses the roles %j', (roles) => {
    const wrong = () => l1({ roles: roles as never });
    expect(wrong).toThrow(StructureError);
    expect(wrong).toThrow("roles must be a list of one or more of 'out', 'in' and 'through', but is ");
  });
});
