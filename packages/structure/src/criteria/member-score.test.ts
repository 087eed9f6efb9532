import { memory } from '@tensorflow/tfjs-core';
import { input, layers as l, model as modelOf, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { call, errorOf, setWeight } from '../small-models.fixture.js';
import { StructureError } from '../structure-error.js';
import { scoresOf } from './channel-scores.fixture.js';
import type { MemberView } from './criterion.js';

function small() {
  const model = sequential({
    layers: [
      l.dense({ units: 2, inputShape: [3], name: 'a' }),
      l.dense({ units: 1, useBias: false, name: 'b' }),
    ],
  });
  setWeight(model.layers[0], 'kernel', [1, 2, 3, 4, 5, 6]);
  setWeight(model.layers[0], 'bias', [7, 8]);
  setWeight(model.layers[1], 'kernel', [9, 10]);
  return model;
}

describe('a function as a criterion', () => {
  it('is given every weight of a group', async () => {
    const seen: MemberView[] = [];
    await scoresOf(small(), (member) => {
      seen.push(member);
      return Array(member.channels.length).fill(0);
    });
    expect(seen.map((member) => ({ ...member, values: [...member.values] }))).toEqual([
      {
        layer: 'a',
        weight: 'kernel',
        axis: 1,
        role: 'out',
        shape: [3, 2],
        values: [1, 2, 3, 4, 5, 6],
        channels: [0, 1],
      },
      { layer: 'a', weight: 'bias', axis: 0, role: 'out', shape: [2], values: [7, 8], channels: [0, 1] },
      { layer: 'b', weight: 'kernel', axis: 0, role: 'in', shape: [2, 1], values: [9, 10], channels: [0, 1] },
    ]);
  });

  it('scores the weights that it gives scores', async () => {
    const biases = ({ weight, values }: MemberView) => (weight === 'bias' ? values : null);
    expect(await scoresOf(small(), biases)).toEqual({ a: [7, 8] });
    const kernels = ({ weight, role }: MemberView) =>
      weight === 'kernel' ? (role === 'out' ? [1, 2] : [30, 50]) : null;
    expect(await scoresOf(small(), kernels, { combine: 'sum' })).toEqual({ a: [31, 52] });
    expect(await scoresOf(small(), kernels, { combine: 'mean' })).toEqual({ a: [15.5, 26] });
    expect(await scoresOf(small(), kernels, { combine: 'max' })).toEqual({ a: [30, 50] });
  });

  it('takes scores below zero', async () => {
    const scores = ({ weight }: MemberView) => (weight === 'bias' ? [-1, -2] : null);
    expect(await scoresOf(small(), scores, { combine: 'max' })).toEqual({ a: [-1, -2] });
  });

  it('adds up the scores of the indices of a channel, and leaves out those of other groups', async () => {
    const x = input({ shape: [4, 1] });
    const a = call(l.conv1d({ filters: 2, kernelSize: 1, name: 'a' }), x);
    const b = call(l.conv1d({ filters: 1, kernelSize: 1, name: 'b' }), x);
    const pooled = call(l.maxPooling1d({ poolSize: 2, strides: 2 }), call(l.concatenate({}), a, b));
    const y = call(l.dense({ units: 1, name: 'y' }), call(l.flatten(), pooled));
    const model = modelOf({ inputs: x, outputs: y });
    const readers = ({ role, channels }: MemberView) =>
      role === 'in' ? channels.map((_, index) => 10 ** index) : null;
    expect(await scoresOf(model, readers)).toEqual({ a: [1001, 10010], b: [100100] });
  });

  it('leaves no tensors behind', async () => {
    const model = small();
    const { numTensors } = memory();
    await scoresOf(model, ({ channels }) => channels);
    expect(memory().numTensors).toBe(numTensors);
  });

  it.each<[unknown, string]>([
    [
      [1],
      'criterion must give one score for each of the 2 indices along axis 1 of "kernel" of "a", or null, but gave 1 scores',
    ],
    [
      7,
      'criterion must give one score for each of the 2 indices along axis 1 of "kernel" of "a", or null, but gave 7',
    ],
    [
      undefined,
      'criterion must give one score for each of the 2 indices along axis 1 of "kernel" of "a", or null, but gave undefined',
    ],
    [[1, Number.NaN], 'criterion must give finite scores, but gave NaN for "kernel" of "a"'],
    [['1', 2], 'criterion must give finite scores, but gave 1 for "kernel" of "a"'],
    [null, 'criterion gives no weight of channel 0 of the group "a" a score'],
  ])('is held to its word: %j', async (scores, message) => {
    const error = await errorOf(scoresOf(small(), () => scores as never));
    expect(StructureError.isInstance(error) && [error.option, error.layer, error.message]).toEqual([
      'criterion',
      'a',
      message,
    ]);
  });
});
