import { magnitude, neurons } from '@secateur/masks';
import { constantSparsity } from '@secateur/schedules';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { type LayerChoice, type PruneOptions, PruningError, pruneLowMagnitude, wrappersOf } from './index.js';
import { models } from './models.fixture.js';

const at = (targetSparsity: number) => constantSparsity({ targetSparsity, beginStep: 0 });
const half = at(0.5);
const most = at(0.9);

function model(name: string): LayersModel {
  const modelCase = models[name];
  if (modelCase === undefined) throw new Error(`no model ${name}`);
  return modelCase.build();
}

/** The target sparsity of each wrapped layer. */
function sparsities(built: LayersModel, options: PruneOptions): Record<string, number> {
  const wrapped = pruneLowMagnitude(built, options);
  return Object.fromEntries(
    wrappersOf(wrapped).map(({ path, wrapper }) => [path, wrapper.settings.schedule.at(0).sparsity]),
  );
}

function errorOf(work: () => unknown): PruningError {
  try {
    work();
  } catch (error) {
    if (PruningError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the choice for a layer', () => {
  it.each<[string, PruneOptions['layers'], Record<string, number>]>([
    ['no choice', undefined, { front: 0.5, 'encoder/first': 0.5, 'encoder/code': 0.5, head: 0.5 }],
    ['false by name', { first: false }, { front: 0.5, 'encoder/code': 0.5, head: 0.5 }],
    [
      'options by name',
      { code: { schedule: most } },
      { front: 0.5, 'encoder/first': 0.5, 'encoder/code': 0.9, head: 0.5 },
    ],
    [
      'a path before a name',
      { 'encoder/first': { schedule: most }, first: false },
      { front: 0.5, 'encoder/first': 0.9, 'encoder/code': 0.5, head: 0.5 },
    ],
    ['a name before a class', { head: { schedule: most }, Dense: false }, { head: 0.9 }],
    [
      'a class before the rest',
      { Dense: { schedule: most }, '*': false },
      { front: 0.9, 'encoder/first': 0.9, 'encoder/code': 0.9, head: 0.9 },
    ],
    ['the rest', { code: {}, '*': false }, { 'encoder/code': 0.5 }],
    [
      'a function of the path',
      (_layer, path) => (path.startsWith('encoder/') ? false : undefined),
      { front: 0.5, head: 0.5 },
    ],
    [
      'a function of the layer',
      (layer) => (layer.name === 'head' ? { schedule: most } : false),
      { head: 0.9 },
    ],
  ])('%s', (_, layers, expected) => {
    const options = { schedule: half, ...(layers !== undefined && { layers }) };
    expect(sparsities(model('nested'), options)).toEqual(expected);
  });

  it('needs no common schedule when it brings its own', () => {
    const options: PruneOptions = { layers: { second: { schedule: most }, '*': false } };
    expect(sparsities(model('sequential'), options)).toEqual({ second: 0.9 });
  });

  it('overrides each option by itself', () => {
    const wrapped = pruneLowMagnitude(model('sequential'), {
      schedule: half,
      strategy: neurons(),
      regrowth: false,
      layers: { second: { strategy: magnitude({ scope: 'model' }), firstStep: 1 } },
    });
    const settings = wrappersOf(wrapped).map(({ wrapper }) => wrapper.settings);
    expect(settings).toMatchObject([
      { schedule: half, strategy: { prunesUnits: true }, regrowth: false, firstStep: 0 },
      { schedule: half, strategy: { prunesUnits: false, scope: 'model' }, regrowth: false, firstStep: 1 },
    ]);
  });

  it('prunes depthwise kernels on request', () => {
    const wrapped = pruneLowMagnitude(model('convolutional'), {
      schedule: half,
      layers: { DepthwiseConv2D: { weights: ['depthwise_kernel'] }, '*': false },
    });
    const [found, ...others] = wrappersOf(wrapped);
    expect(others).toEqual([]);
    expect(found?.wrapper.pruned).toMatchObject([
      { name: 'depthwise/depthwise_kernel', kind: 'depthwise', bias: { originalName: 'depthwise/bias' } },
    ]);
  });

  it('prunes any weight on request', () => {
    const wrapped = pruneLowMagnitude(model('recurrent'), {
      schedule: half,
      layers: { gru: { weights: ['recurrent_kernel', 'bias', 'bias'] }, '*': false },
    });
    expect(wrappersOf(wrapped)[0]?.wrapper.pruned).toMatchObject([
      { name: 'gru/recurrent_kernel', kind: 'recurrent' },
      { name: 'gru/bias', kind: 'other' },
    ]);
  });
});

describe('an error', () => {
  const build = () => model('sequential');

  it.each<[string, PruneOptions, RegExp, string]>([
    [
      'an unmatched key',
      { schedule: half, layers: { frist: false } },
      /layers: no layer .* "frist"/,
      'layers',
    ],
    [
      'a key that every object has',
      { schedule: half, layers: Object.fromEntries([['toString', false as const]]) },
      /"toString"/,
      'layers',
    ],
    ['no schedule', {}, /schedule of layer "first": got undefined/, 'schedule'],
    [
      'no schedule for one',
      { layers: { second: { schedule: half } } },
      /schedule of layer "first"/,
      'schedule',
    ],
    ['a wrong schedule', { schedule: 0.5 as never }, /got 0.5/, 'schedule'],
    ['a wrong strategy', { schedule: half, strategy: 'magnitude' as never }, /got magnitude/, 'strategy'],
    ['a wrong regrowth', { schedule: half, regrowth: 'no' as never }, /got no; true or false/, 'regrowth'],
    ['a wrong first step', { schedule: half, firstStep: 2 as never }, /got 2; 0 or 1/, 'firstStep'],
    [
      'wrong weights',
      { schedule: half, layers: { first: { weights: 'kernel' as never } } },
      /got kernel/,
      'weights',
    ],
    [
      'an unknown weight',
      { schedule: half, layers: { first: { weights: ['kernle'] } } },
      /layer "first" has no weight "kernle"; it has: kernel, bias/,
      'weights',
    ],
    [
      'true as a choice',
      { schedule: half, layers: { first: true as never as LayerChoice } },
      /layer "first" is true/,
      'layers',
    ],
    ['null as a choice', { schedule: half, layers: () => null as never }, /layer "first" is null/, 'layers'],
  ])('names %s', (_, options, message, option) => {
    const error = errorOf(() => pruneLowMagnitude(build(), options));
    expect(error.message).toMatch(message);
    expect(error.option).toBe(option);
  });

  it.each<[string, PruneOptions['layers']]>([
    ['all is left alone', { '*': false }],
    ['a layer without prunable weights is named', { norm: { schedule: half } }],
  ])('tells that there is nothing to prune when %s', (_, layers) => {
    expect(
      errorOf(() => pruneLowMagnitude(build(), { schedule: half, layers: layers as never })).message,
    ).toMatch(/Nothing to prune/);
  });

  it('tells that there is nothing to prune in a model without weights', () => {
    const flat = sequential({ layers: [layers.flatten({ inputShape: [2, 2] })] });
    expect(errorOf(() => pruneLowMagnitude(flat, { schedule: half })).message).toMatch(
      /Nothing to prune in the model/,
    );
  });

  it('tells that there is nothing to prune in a layer', () => {
    expect(
      errorOf(() => pruneLowMagnitude(layers.dropout({ name: 'drop', rate: 0.5 }), { schedule: half }))
        .message,
    ).toMatch(/Nothing to prune in layer "drop" \(Dropout\)/);
    const each = layers.timeDistributed({
      name: 'each',
      layer: layers.activation({ activation: 'relu' }),
      inputShape: [2, 2],
    });
    expect(errorOf(() => pruneLowMagnitude(each, { schedule: half }).build([null, 2, 2])).message).toMatch(
      /layer "each"/,
    );
  });
});
