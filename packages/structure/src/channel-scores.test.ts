import { getBackend, memory } from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers as l, model as modelOf, sequential } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChannelGroup } from './channel-group.js';
import { type Combine, channelScores } from './channel-scores.js';
import { scoresOf } from './criteria/channel-scores.fixture.js';
import type { Criterion } from './criteria/criterion.js';
import { fpgm } from './criteria/fpgm.js';
import { l1 } from './criteria/l1.js';
import { l2 } from './criteria/l2.js';
import { random } from './criteria/random.js';
import { build, recipe } from './random-model.fixture.js';
import { call, errorOf, setWeight } from './small-models.fixture.js';
import { type Structure, structureOf } from './structure.js';
import { StructureError } from './structure-error.js';

/** For each channel of a group, the sums of the magnitudes in each kernel that makes it, found element by element. */
async function makingNorms(group: ChannelGroup, { trace }: Structure): Promise<number[][]> {
  const norms: number[][] = Array.from({ length: group.channels }, () => []);
  const met = new Map<string, number>();
  for (const { layer, weight, axis, role, channels } of group.members) {
    // Both directions of Bidirectional have the same path: their weights are told apart by their order.
    const key = JSON.stringify([layer, weight, axis]);
    const time = met.get(key) ?? 0;
    met.set(key, time + 1);
    const named = [...trace.layers.values()].flatMap(({ path, variables }) =>
      path === layer ? variables.filter(({ name }) => name === weight) : [],
    );
    const variable = named[time]?.variable;
    if (variable === undefined) throw new Error(`no ${key} number ${time}`);
    if (role !== 'out' || variable.shape.length < 2) continue;
    const values = await variable.read().data();
    const own = new Map<number, number>();
    values.forEach((value, element) => {
      let rest = element;
      let index = 0;
      for (let at = variable.shape.length - 1; at >= axis; at--) {
        index = rest % (variable.shape[at] as number);
        rest = Math.floor(rest / (variable.shape[at] as number));
      }
      const channel = channels[index] as number;
      if (channel >= 0) own.set(channel, (own.get(channel) ?? 0) + Math.abs(value));
    });
    for (const [channel, norm] of own) norms[channel]?.push(norm);
  }
  return norms;
}

const combinations: Record<Combine, (norms: readonly number[]) => number> = {
  sum: (norms) => norms.reduce((total, norm) => total + norm),
  mean: (norms) => norms.reduce((total, norm) => total + norm) / norms.length,
  max: (norms) => Math.max(...norms),
};

describe('channelScores', () => {
  it('gives one list for each group, with zeros for one of which nothing can go', async () => {
    const model = sequential({
      layers: [l.dense({ units: 2, inputShape: [1] }), l.dense({ units: 3, kernelInitializer: 'ones' })],
    });
    setWeight(model.layers[0], 'kernel', [-4, 5]);
    const scores = await channelScores(model, structureOf(model), l1(), 'mean');
    expect(scores).toEqual([Float64Array.of(4, 5), Float64Array.of(0, 0, 0)]);
  });

  it('ranks random models by L1 as brute force does', async () => {
    const without = getBackend() === 'wasm' ? ['conv3dTranspose'] : [];
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        recipe({ without }),
        fc.constantFrom<Combine>('mean', 'sum', 'max'),
        async (one, combine) => {
          const { model, dispose } = build(one);
          try {
            const structure = structureOf(model);
            const scores = await channelScores(model, structure, l1(), combine);
            for (const [index, group] of structure.groups.entries()) {
              if (group.prunable.length === 0) continue;
              const norms = await makingNorms(group, structure);
              group.prunable.forEach((channel) => {
                const own = norms[channel] as number[];
                if (own.length === 0) return;
                expect(scores[index]?.[channel]).toBeCloseTo(combinations[combine](own), 9);
                compared++;
              });
            }
          } finally {
            dispose();
          }
        },
      ),
      { numRuns: 100, seed: 1 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  it('gives a finite score to every channel of random models, and leaves no tensors behind', async () => {
    const without = getBackend() === 'wasm' ? ['conv3dTranspose'] : [];
    const criteria: Criterion[] = [
      l2(),
      fpgm(),
      fpgm({ to: 'median' }),
      random({ seed: 1 }),
      l1({ roles: ['through'] }),
    ];
    await fc.assert(
      fc.asyncProperty(recipe({ without }), fc.constantFrom(...criteria), async (one, criterion) => {
        const { model, dispose } = build(one);
        try {
          const structure = structureOf(model, { inputs: true });
          const { numTensors } = memory();
          const scores = await channelScores(model, structure, criterion, 'mean');
          expect(memory().numTensors).toBe(numTensors);
          expect(scores.map(({ length }) => length)).toEqual(
            structure.groups.map(({ channels }) => channels),
          );
          for (const own of scores) expect(own.every(Number.isFinite)).toBe(true);
        } finally {
          dispose();
        }
      }),
      { numRuns: 50, seed: 2 },
    );
  });

  it('gives channels that no weight tells of the mean of the others, or 1', async () => {
    const [a, b] = [input({ shape: [2], name: 'a' }), input({ shape: [2], name: 'b' })];
    const dotted = modelOf({ inputs: [a, b], outputs: call(l.dot({ axes: 1 }), a, b) });
    expect(await scoresOf(dotted, l1(), { inputs: true })).toEqual({ a: [1, 1] });
    expect(await scoresOf(dotted, l1({ roles: ['in'] }), { inputs: true, combine: 'sum' })).toEqual({
      a: [1, 1],
    });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('names the layer of a weight that is %s', async (value) => {
    const model = sequential({
      layers: [
        l.dense({ units: 2, inputShape: [1], name: 'fine' }),
        l.dense({ units: 2, name: 'diverged' }),
        l.dense({ units: 1 }),
      ],
    });
    setWeight(model.getLayer('diverged'), 'kernel', [1, value, 3, 4]);
    const { numTensors } = memory();
    const error = await errorOf(scoresOf(model, l1()));
    expect(StructureError.isInstance(error) && [error.layer, error.message]).toEqual([
      'diverged',
      `"kernel" of "diverged" has a value that is ${value}`,
    ]);
    expect(memory().numTensors).toBe(numTensors);
  });

  it('refuses another way to combine, and another criterion', async () => {
    const model: LayersModel = sequential({ layers: [l.dense({ units: 2, inputShape: [1] })] });
    const combined = await errorOf(channelScores(model, structureOf(model), l1(), 'median' as never));
    expect(combined).toMatchObject({
      name: 'StructureError',
      option: 'combine',
      message: "combine must be 'mean', 'sum' or 'max', but is median",
    });
    const judged = await errorOf(channelScores(model, structureOf(model), 'l1' as never, 'mean'));
    expect(judged).toMatchObject({
      name: 'StructureError',
      option: 'criterion',
      message: 'criterion must be made by a function of this package, as l1(), or be a function, but is l1',
    });
  });
});
