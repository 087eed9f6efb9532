import { memory } from '@tensorflow/tfjs-core';
import { layers as l, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { StructureError } from '../structure-error.js';
import { scoresOf } from './channel-scores.fixture.js';
import { random } from './random.js';

const net = (kernelInitializer: 'zeros' | 'glorotNormal' = 'glorotNormal') =>
  sequential({
    layers: [
      l.dense({ units: 3, inputShape: [2], kernelInitializer, name: 'a' }),
      l.dense({ units: 2, kernelInitializer, name: 'b' }),
      l.dense({ units: 1, kernelInitializer }),
    ],
  });

describe('random', () => {
  it('gives the same scores for a seed, every time and everywhere', async () => {
    const criterion = random({ seed: 1 });
    const expected = {
      a: [0.6270739405881613, 0.002735721180215478, 0.5274470399599522],
      b: [0.9810509674716741, 0.9683778982143849],
    };
    expect(await scoresOf(net(), criterion)).toEqual(expected);
    expect(await scoresOf(net('zeros'), criterion, { combine: 'sum' })).toEqual(expected);
  });

  it('gives others for another seed', async () => {
    const scores = await Promise.all([0, 1, 2, -1].map((seed) => scoresOf(net(), random({ seed }))));
    expect(new Set(scores.map((one) => one.a?.join())).size).toBe(4);
  });

  it('spreads them evenly over [0, 1)', async () => {
    const model = sequential({
      layers: [l.dense({ units: 10_000, inputShape: [1], name: 'wide' }), l.dense({ units: 1 })],
    });
    const { wide = [] } = await scoresOf(model, random({ seed: 3 }));
    const counts = Array(10).fill(0);
    for (const score of wide) counts[Math.floor(score * 10)]++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('leaves no tensors behind', async () => {
    const model = net();
    const { numTensors } = memory();
    await scoresOf(model, random({ seed: 1 }));
    expect(memory().numTensors).toBe(numTensors);
  });

  it.each([[1.5], ['1'], [undefined], [Number.NaN]])('refuses the seed %s', (seed) => {
    const wrong = () => random({ seed: seed as never });
    expect(wrong).toThrow(StructureError);
    expect(wrong).toThrow(`seed must be an integer, but is ${seed}`);
  });
});
