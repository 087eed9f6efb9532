import { memory, mul, serialization, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { layers as l } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { type PlanOptions, planStructure } from './plan-structure.js';
import { registerChannelRule } from './rule-registry.js';
import { shrink } from './shrink.js';
import { chain, errorOf, setWeight } from './small-models.fixture.js';
import { StructureError } from './structure-error.js';

/** Units whose columns have the magnitudes 1 to 8 and, in the second layer, 80 to 10. */
function ramps() {
  const model = chain(
    l.dense({ name: 'first', units: 8, inputShape: [2] }),
    l.dense({ name: 'second', units: 8 }),
    l.dense({ name: 'logits', units: 3 }),
  );
  const units = Array.from({ length: 8 }, (_, unit) => unit);
  setWeight(model.layers[0], 'kernel', [...units.map((u) => u + 1), ...units.map(() => 0)]);
  setWeight(
    model.layers[1],
    'kernel',
    units.flatMap((row) => units.map((u) => (row === 0 ? 10 * (8 - u) : 0))),
  );
  return model;
}

const removed = async (options: PlanOptions): Promise<Record<string, readonly number[]>> => {
  const model = ramps();
  const before = memory().numTensors;
  const plan = await planStructure(model, options);
  expect(memory().numTensors).toBe(before);
  model.dispose();
  return Object.fromEntries(plan.layers.map(({ layer, remove }) => [layer, remove]));
};

/** A layer that takes half a millisecond for each of its channels. */
class Waiting extends l.Layer {
  static readonly className = 'Waiting';

  override call(inputs: Tensor | Tensor[]): Tensor {
    const x = Array.isArray(inputs) ? (inputs[0] as Tensor) : inputs;
    const end = performance.now() + 0.5 * (x.shape.at(-1) as number);
    while (performance.now() < end);
    return tidy(() => mul(x, 1));
  }
}
serialization.registerClass(Waiting);
registerChannelRule('Waiting', ({ inputs }) => ({ outputs: inputs }));

describe('planStructure', () => {
  it.each<[string, PlanOptions, Record<string, readonly number[]>]>([
    [
      'the same fraction of each layer',
      { target: { channels: 0.5 } },
      { first: [0, 1, 2, 3], second: [4, 5, 6, 7] },
    ],
    [
      'the whole model, each layer by its mean',
      { target: { channels: 0.75 }, scope: 'model' },
      { first: [0, 1], second: [6, 7] },
    ],
    [
      'the whole model, by the scores as they are',
      { target: { channels: 0.625 }, scope: 'model', normalize: 'none' },
      { first: [0, 1, 2, 3, 4, 5] },
    ],
    [
      'one unit stays',
      { target: { channels: 0.5 }, scope: 'model', normalize: 'none' },
      { first: [0, 1, 2, 3, 4, 5, 6], second: [7] },
    ],
    [
      'no more than maxRatio of a layer',
      { target: { channels: 0.625 }, scope: 'model', normalize: 'none', maxRatio: 0.5 },
      { first: [0, 1, 2, 3], second: [6, 7] },
    ],
    [
      'ratios hold whatever the target',
      { target: { channels: 1 }, ratios: { second: 0.25 } },
      { second: [6, 7] },
    ],
    [
      'a layer that is left alone',
      { target: { channels: 0.75 }, ratios: { first: 0 } },
      { second: [4, 5, 6, 7] },
    ],
    [
      'multiples stay',
      { target: { channels: 0.7 }, roundTo: 4 },
      { first: [0, 1, 2, 3], second: [4, 5, 6, 7] },
    ],
    ['nothing to do', { target: { macs: 1 } }, {}],
    [
      'a function of the weights',
      {
        target: { channels: 0.5 },
        criterion: ({ role, values, shape }) =>
          role === 'out' && shape.length > 1 ? [...values.subarray(0, shape[1])].map((v) => -v) : null,
      },
      { first: [4, 5, 6, 7], second: [0, 1, 2, 3] },
    ],
  ])('%s', async (_, options, expected) => {
    expect(await removed(options)).toEqual(expected);
  });

  it.each(['parameters', 'macs'] as const)(
    'meets a target of %s, and no earlier step does',
    async (measure) => {
      const model = ramps();
      const plan = await planStructure(model, {
        target: { [measure]: 0.5 } as PlanOptions['target'],
        scope: 'model',
      });
      expect(plan.after[measure]).toBeLessThanOrEqual(plan.before[measure] / 2);
      const last = plan.layers.reduce((count, { remove }) => count + remove.length, 0);
      const looser = await planStructure(model, {
        target: { channels: (16 - last + 1) / 16 },
        scope: 'model',
      });
      expect(looser.after[measure]).toBeGreaterThan(plan.before[measure] / 2);
    },
  );

  it('meets a target of latency by measuring', async () => {
    const model = chain(
      l.dense({ name: 'first', units: 16, inputShape: [2] }),
      new Waiting(),
      l.dense({ name: 'logits', units: 2 }),
    );
    const before = memory().numTensors;
    const plan = await planStructure(model, { target: { latency: 0.5 } });
    const [first] = plan.layers;
    // Half of the channels take half of the time, give or take what else the machine does.
    expect(first?.remove.length).toBeGreaterThanOrEqual(5);
    expect(first?.remove.length).toBeLessThanOrEqual(12);
    expect(memory().numTensors).toBe(before);
  });

  it('ranks features of the input too', async () => {
    const model = ramps();
    setWeight(model.layers[0], 'kernel', [
      ...Array.from({ length: 8 }, () => 1),
      ...Array.from({ length: 8 }, () => 5),
    ]);
    const plan = await planStructure(model, { target: { channels: 0.5 }, inputs: true });
    expect(plan.layers.find(({ units }) => units === 2)?.remove).toEqual([0]);
    const { model: small, report } = await shrink(model, { plan });
    expect(small.inputs[0]?.shape).toEqual([null, 1]);
    expect(report.inputs).toEqual([{ layer: model.inputs[0]?.sourceLayer.name, features: 2, indices: [1] }]);
  });

  it.each<[string, unknown, RegExp]>([
    ['target', undefined, /target must be one of/],
    ['target', { flops: 0.5 }, /target must be one of/],
    ['target', { macs: 0.5, parameters: 0.5 }, /target must be one of/],
    ['target', { macs: 0 }, /target\.macs must be a fraction above 0 and up to 1, but is 0/],
    ['target', { macs: Number.NaN }, /but is NaN/],
    ['target', { macs: 0.001 }, /0\.001 can't be reached: with all gone that may go, 0\.\d+ is left/],
    ['scope', 'global', /scope must be 'layer' or 'model', but is global/],
    ['normalize', 'max', /normalize must be/],
    ['maxRatio', 1.5, /maxRatio must be in \[0, 1\], but is 1\.5/],
    ['maxRatio', { nowhere: 0.5 }, /maxRatio: "nowhere" makes no channels/],
    ['maxRatio', { first: -1 }, /maxRatio\["first"\] must be in \[0, 1\], but is -1/],
    ['roundTo', 0, /roundTo must be an integer of at least 1, but is 0/],
    ['ratios', { nowhere: 0.5 }, /"nowhere" makes no channels; the layers that do: first, second, logits/],
    ['ratios', { first: 2 }, /ratios\["first"\] must be in \[0, 1\], but is 2/],
    ['combine', 'min', /combine must be/],
    ['criterion', 'l1', /criterion must be/],
  ])('refuses %s: %j', async (option, value, message) => {
    const options = { target: { macs: 0.5 }, [option]: value } as unknown as PlanOptions;
    const error = await errorOf(planStructure(ramps(), options));
    expect(error).toBeInstanceOf(StructureError);
    expect(error).toHaveProperty('message', expect.stringMatching(message));
  });
});
