import { polynomialDecay } from '@secateur/schedules';
import { memory, randomUniform } from '@tensorflow/tfjs-core';
import { layers as l } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { type PruneStructureOptions, type PruningRound, pruneStructure } from './prune-structure.js';
import { shrink } from './shrink.js';
import { answersOf, chain, errorOf, weightsOf } from './small-models.fixture.js';
import { StructureError } from './structure-error.js';

const network = () =>
  chain(
    l.dense({ name: 'first', units: 16, inputShape: [12], activation: 'relu' }),
    l.dense({ name: 'second', units: 12, activation: 'tanh' }),
    l.dense({ name: 'logits', units: 4 }),
  );

const rising = polynomialDecay({
  initialSparsity: 0.2,
  finalSparsity: 0.75,
  beginStep: 0,
  endStep: 3,
  frequency: 1,
  power: 1,
});

describe('pruneStructure', () => {
  it('gets smaller round by round, and its plan does the same at once', async () => {
    const model = network();
    const weights = await weightsOf(model);
    const before = memory().numTensors;
    const seen: PruningRound[] = [];
    const { model: small, plan } = await pruneStructure(model, {
      target: { macs: rising },
      rounds: 4,
      scope: 'model',
      fineTune: (_, round) => seen.push(round),
    });
    expect(seen.map(({ round, rounds }) => [round, rounds])).toEqual([0, 1, 2, 3].map((round) => [round, 4]));
    const kept = seen.map(({ plan: { before: dense, after } }) => after.macs / dense.macs);
    const bounds = [0.8, 0.8 - 0.55 / 3, 0.8 - 1.1 / 3, 0.25];
    kept.forEach((fraction, round) => {
      expect(fraction).toBeLessThanOrEqual((bounds[round] as number) + 1e-9);
      expect(fraction).toBeGreaterThan((bounds[round] as number) - 0.12);
    });
    expect(plan).toEqual(seen.at(-1)?.plan);
    expect(await weightsOf(model)).toEqual(weights);
    const replayed = await shrink(model, { plan: JSON.parse(JSON.stringify(plan)) });
    expect(replayed.model.countParams()).toBe(plan.after.parameters);
    expect(await weightsOf(replayed.model)).toEqual(await weightsOf(small));
    small.dispose();
    replayed.model.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('trains the smaller model between rounds', async () => {
    const model = network();
    const x = randomUniform([32, 12], -1, 1, 'float32', 1);
    const y = randomUniform([32, 4], -1, 1, 'float32', 2);
    const losses: number[] = [];
    const { model: small } = await pruneStructure(model, {
      target: { parameters: rising },
      rounds: 4,
      fineTune: async (smaller) => {
        smaller.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
        const { history } = await smaller.fit(x, y, { epochs: 2, verbose: 0, shuffle: false });
        losses.push(...(history.loss as number[]));
      },
    });
    expect(losses).toHaveLength(8);
    expect(small.countParams()).toBeLessThanOrEqual(0.25 * model.countParams());
    expect((await answersOf(small, [x])).every(Number.isFinite)).toBe(true);
  });

  it('selects features of the original inputs', async () => {
    const model = network();
    const {
      model: small,
      plan,
      report,
    } = await pruneStructure(model, {
      target: { macs: rising },
      rounds: 3,
      inputs: true,
    });
    const [selected] = report.inputs;
    expect(selected?.features).toBe(12);
    expect(small.inputs[0]?.shape).toEqual([null, selected?.indices.length]);
    const removed = plan.layers.find(({ layer }) => layer === selected?.layer)?.remove ?? [];
    expect([...removed, ...(selected?.indices ?? [])].sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
    const replayed = await shrink(model, { plan });
    expect(replayed.report.inputs).toEqual(report.inputs);
  });

  it('frees what it has made when training fails', async () => {
    const model = network();
    const before = memory().numTensors;
    const failing = pruneStructure(model, {
      target: { macs: 0.5 },
      fineTune: () => Promise.reject(new Error('no data')),
    });
    await expect(failing).rejects.toThrow('no data');
    expect(memory().numTensors).toBe(before);
  });

  it.each<[Partial<PruneStructureOptions>, RegExp]>([
    [{ rounds: 0 }, /rounds must be an integer of at least 1, but is 0/],
    [{ rounds: 1.5 }, /rounds must be/],
    [{ target: {} as never }, /target must be one of/],
    [{ target: { speed: rising } as never }, /target must be one of/],
    [
      { target: { macs: { at: () => ({ update: true, sparsity: 1 }) } } },
      /target\.macs must be a fraction above 0/,
    ],
  ])('refuses %j', async (options, message) => {
    const error = await errorOf(pruneStructure(network(), { target: { macs: 0.5 }, ...options }));
    expect(error).toBeInstanceOf(StructureError);
    expect(error).toHaveProperty('message', expect.stringMatching(message));
  });
});
