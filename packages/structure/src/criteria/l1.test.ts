import * as tf from '@tensorflow/tfjs-core';
import { layers as l, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { channelScores } from '../channel-scores.js';
import { structureOf } from '../structure.js';
import { l1 } from './l1.js';

it('sums the magnitudes of each column of a dense kernel', async () => {
  const model = sequential({
    layers: [l.dense({ units: 3, inputShape: [2] }), l.dense({ units: 1 })],
  });
  model.layers[0]?.setWeights([tf.tensor2d([1, -2, 0.5, 3, 4, -0.25], [2, 3]), tf.tensor1d([9, 9, 9])]);
  const scores = await channelScores(model, structureOf(model), l1(), 'mean');
  expect(scores.map((s) => [...s])).toEqual([[4, 6, 0.75], [0]]);
});
