import { input, type LayersModel, layers as l, model as modelOf, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { type GivenPlan, planOf, removalOf, type StructurePlan } from './plan.js';
import { shrink } from './shrink.js';
import { call, chain, differenceOf, errorOf, filled, recurrentInitializer } from './small-models.fixture.js';
import { structureOf } from './structure.js';
import { StructureError } from './structure-error.js';

const dense = (name: string, units: number, args: object = {}): l.Layer => l.dense({ name, units, ...args });

/** 4 -> 8 -> 2: 40 + 18 parameters, 32 + 16 multiply-adds. */
const twoLayers = () =>
  chain(dense('hidden', 8, { inputShape: [4], activation: 'relu' }), dense('logits', 2));

/** Two layers of 4 units, added; behind them one of 3, whose softmax holds it, and the logits. */
function residual(): LayersModel {
  const x = input({ shape: [5], name: 'x' });
  const a = call(dense('a', 4, { activation: 'relu' }), x);
  const sum = call(l.add({ name: 'sum' }), a, call(dense('b', 4), a));
  const odds = call(dense('odds', 3, { activation: 'softmax' }), sum);
  return filled(modelOf({ inputs: x, outputs: call(dense('logits', 2), odds) }));
}

/** A plan of a model, from one written by hand. */
function planFor(model: LayersModel, plan: GivenPlan): StructurePlan {
  const structure = structureOf(model);
  return planOf(structure, removalOf(structure, plan));
}

describe('a plan', () => {
  it('is plain data', () => {
    const plan = planFor(twoLayers(), { layers: [{ layer: 'hidden', units: 8, remove: [6, 0, 3] }] });
    expect(plan).toEqual({
      kind: 'secateur.structure-plan',
      version: 1,
      layers: [{ layer: 'hidden', units: 8, remove: [0, 3, 6] }],
      before: { parameters: 58, macs: 48 },
      after: { parameters: 37, macs: 30 },
    });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  it('lists every layer that loses units, whichever the given one names', () => {
    const layers = [
      { layer: 'a', units: 4, remove: [1, 2] },
      { layer: 'b', units: 4, remove: [1, 2] },
    ];
    for (const given of [[layers[0]], [layers[1]], layers] as GivenPlan['layers'][]) {
      expect(planFor(residual(), { layers: given })).toMatchObject({
        layers,
        before: { parameters: 24 + 20 + 15 + 8, macs: 20 + 16 + 12 + 6 },
        after: { parameters: 12 + 6 + 9 + 8, macs: 10 + 4 + 6 + 6 },
      });
    }
  });

  it('removes what any of its layers asks for', () => {
    const given = [
      { layer: 'a', units: 4, remove: [0] },
      { layer: 'b', units: 4, remove: [3, 3] },
    ];
    expect(planFor(residual(), { layers: given }).layers).toEqual([
      { layer: 'a', units: 4, remove: [0, 3] },
      { layer: 'b', units: 4, remove: [0, 3] },
    ]);
  });

  it('takes all the units of a channel', () => {
    const model = chain(
      dense('dense', 8, { inputShape: [3] }),
      l.reshape({ targetShape: [2, 2, 2] }),
      l.conv2d({ name: 'conv', filters: 1, kernelSize: 1 }),
    );
    expect(planFor(model, { layers: [{ layer: 'dense', units: 8, remove: [1] }] })).toMatchObject({
      layers: [{ layer: 'dense', units: 8, remove: [1, 3, 5, 7] }],
      before: { parameters: 35, macs: 32 },
      after: { parameters: 18, macs: 16 },
    });
  });

  it('names the units of layers inside others by one path', () => {
    const inner = sequential({
      name: 'inner',
      layers: [dense('deep', 3, { inputShape: [2] }), dense('last', 2)],
    });
    const model = chain(
      l.bidirectional({
        name: 'both',
        layer: l.lstm({ units: 2, recurrentInitializer }) as l.RNN,
        mergeMode: 'sum',
        inputShape: [4, 3],
      }),
      inner,
      dense('logits', 1),
    );
    const layers = [
      { layer: 'both', units: 2, remove: [1] },
      { layer: 'inner/deep', units: 3, remove: [0] },
      { layer: 'inner/last', units: 2, remove: [0] },
    ];
    expect(planFor(model, { layers }).layers).toEqual(layers);
  });

  it('that removes nothing is one too', () => {
    const size = { parameters: 58, macs: 48 };
    expect(planFor(twoLayers(), { layers: [] })).toMatchObject({ layers: [], before: size, after: size });
    const listed = { layer: 'hidden', units: 8, remove: [] };
    expect(planFor(twoLayers(), { layers: [listed] })).toMatchObject({
      layers: [],
      before: size,
      after: size,
    });
  });

  it('is carried out alike on another copy of the model, from JSON', async () => {
    const given = { layers: [{ layer: 'b', units: 4, remove: [0, 2] }] };
    const { model: small, plan } = await shrink(residual(), { plan: given });
    const stored = JSON.parse(JSON.stringify(plan)) as StructurePlan;
    const again = await shrink(residual(), { plan: stored });
    expect(again.plan).toEqual(plan);
    expect(again.model.countParams()).toBe(plan.after.parameters);
    expect(await differenceOf(small, again.model)).toBe(0);
  });
});

describe('a plan that does not fit is refused', () => {
  it.each<[string, GivenPlan['layers'], string, { value: unknown; layer: string }]>([
    [
      'an unknown layer',
      [{ layer: 'c', units: 4, remove: [0] }],
      `the model has no layer "c"; those that make channels: a, odds, logits`,
      { value: 'c', layer: 'c' },
    ],
    [
      'a layer without channels of its own',
      [{ layer: 'sum', units: 4, remove: [0] }],
      '"sum" makes no channels of its own; those that do: a, odds, logits',
      { value: 'sum', layer: 'sum' },
    ],
    [
      'another number of units',
      [{ layer: 'a', units: 5, remove: [0] }],
      '"a" has 5 units in the plan, but 4 in the model',
      { value: 5, layer: 'a' },
    ],
    [
      'a unit that is not there',
      [{ layer: 'a', units: 4, remove: [0, 4] }],
      '"a" has 4 units: there is no unit 4',
      { value: 4, layer: 'a' },
    ],
    [
      'a unit that can not go',
      [{ layer: 'odds', units: 3, remove: [1] }],
      `unit 1 of "odds" can't be removed: odds: its softmax runs over these channels`,
      { value: 1, layer: 'odds' },
    ],
    [
      "a unit of the model's output",
      [{ layer: 'logits', units: 2, remove: [1] }],
      `unit 1 of "logits" can't be removed: logits: is the model's output`,
      { value: 1, layer: 'logits' },
    ],
    [
      'all units',
      [{ layer: 'a', units: 4, remove: [3, 2, 1, 0] }],
      'all 4 units of "a" would go; a layer keeps at least one',
      { value: 4, layer: 'a' },
    ],
    [
      'all units, listed by two layers',
      [
        { layer: 'a', units: 4, remove: [0, 1] },
        { layer: 'b', units: 4, remove: [2, 3] },
      ],
      'all 4 units of "a" would go; a layer keeps at least one',
      { value: 4, layer: 'a' },
    ],
    [
      'a layer that is listed twice',
      [
        { layer: 'a', units: 4, remove: [0] },
        { layer: 'a', units: 4, remove: [1] },
      ],
      '"a" is listed twice',
      { value: 'a', layer: 'a' },
    ],
  ])('%s', async (_, layers, message, details) => {
    const error = await errorOf(shrink(residual(), { plan: { layers } }));
    expect(StructureError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ message: `plan: ${message}`, option: 'plan', ...details });
  });
});

it('names a feature of an input only where these can go', () => {
  const plan = { layers: [{ layer: 'x', units: 5, remove: [0, 4] }] };
  expect(() => planFor(residual(), plan)).toThrow(
    'plan: "x" makes no channels of its own; those that do: a, odds, logits',
  );
  const structure = structureOf(residual(), { inputs: true });
  expect(planOf(structure, removalOf(structure, plan))).toMatchObject({
    ...plan,
    before: { parameters: 67, macs: 54 },
    after: { parameters: 67 - 8, macs: 54 - 8 },
  });
});

describe('what is no plan is refused', () => {
  const entry = { layer: 'a', units: 4, remove: [0] };
  const whole = planFor(residual(), { layers: [entry] });
  const list = /^plan: layers must be a list of \{layer, units, remove\}/;
  const path = /^plan: the layer of an entry must be a path/;
  const units = /^plan: the units of "a" must be an integer above 0/;
  const remove = /^plan: what to remove from "a" must be a list of integers of at least 0/;
  const unknown = /^plan: the model has no layer/;
  it.each<[string, unknown, RegExp]>([
    ['null', null, list],
    ['a number', 7, list],
    ['a string', JSON.stringify(whole), list],
    ['a function', () => whole, list],
    ['a list', [entry], list],
    ['an empty object', {}, list],
    ['no list of layers', { ...whole, layers: { 0: entry, length: 1 } }, list],
    ['layers in a string', { layers: 'a' }, list],
    ['another kind', { ...whole, kind: 'secateur.pruning-plan' }, /^plan: it is not a structure plan/],
    ['no kind', { ...whole, kind: null }, /^plan: it is not a structure plan/],
    ['a later version', { ...whole, version: 2 }, /^plan: only version 1 of the format is known/],
    ['a version in a string', { ...whole, version: '1' }, /^plan: only version 1 of the format is known/],
    ['null for a layer', { layers: [null] }, path],
    ['a string for a layer', { layers: ['a'] }, path],
    ['a list for a layer', { layers: [['a', 4, [0]]] }, path],
    ['a path that is a number', { layers: [{ ...entry, layer: 3 }] }, path],
    ['a path that is a list', { layers: [{ ...entry, layer: ['a'] }] }, path],
    ['no units', { layers: [{ layer: 'a', remove: [0] }] }, units],
    ...[0, -4, 3.5, Number.NaN, Number.POSITIVE_INFINITY, '4', null, [4], true].map(
      (value): [string, unknown, RegExp] => [
        `units ${JSON.stringify(value)} (${String(value)})`,
        { layers: [{ ...entry, units: value }] },
        units,
      ],
    ),
    ['nothing to remove', { layers: [{ layer: 'a', units: 4 }] }, remove],
    ...[null, 0, '0', { 0: 0, length: 1 }, [-1], [0.5], ['0'], [Number.NaN], [null], [[0]], new Array(2)].map(
      (value): [string, unknown, RegExp] => [
        `to remove ${JSON.stringify(value)}`,
        { layers: [{ ...entry, remove: value }] },
        remove,
      ],
    ),
    ['a path of an object', { layers: [{ ...entry, layer: '__proto__' }] }, unknown],
    ['another one', { layers: [{ ...entry, layer: 'constructor' }] }, unknown],
    ['an empty path', { layers: [{ ...entry, layer: '' }] }, unknown],
  ])('%s', async (_, plan, message) => {
    const error = await errorOf(shrink(residual(), { plan: plan as GivenPlan }));
    expect(StructureError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ option: 'plan', message: expect.stringMatching(message) });
  });

  it('but what else a plan holds does not matter', () => {
    const plan = { ...whole, note: 'mine', before: null, layers: [{ ...entry, note: 'too' }] };
    expect(planFor(residual(), plan as unknown as GivenPlan)).toEqual(whole);
  });
});
