import { describe, expect, it } from 'vitest';
import { fromFunction } from './from-function.js';
import { MaskError } from './mask-error.js';
import { onesMask, packMask } from './mask-making.js';
import { rankedStrategy } from './ranked-strategy.js';
import { registerStrategy, type StrategyFromConfig, strategyFromConfig } from './registry.js';
import type { MaskFunction, MaskStrategy, StrategyConfig } from './strategy.js';

const weight = { name: 'w', kind: 'other', shape: [3], values: Float32Array.of(1, -2, 3) } as const;
const positive: MaskFunction = ({ values }) => packMask(Array.from(values, (value) => value > 0));

describe('fromFunction', () => {
  it('makes a strategy of a function', () => {
    const strategy = fromFunction(positive);
    expect(strategy.masks([weight, weight], 0.5)).toEqual([packMask([1, 0, 1]), packMask([1, 0, 1])]);
    expect([strategy.scope, strategy.prunesUnits, strategy.getConfig]).toEqual(['tensor', false, undefined]);
  });

  it('has a configuration when it has a kind', () => {
    const strategy = fromFunction(positive, { kind: 'positive', config: { limit: 0 }, prunesUnits: true });
    expect(strategy.getConfig?.()).toEqual({ kind: 'positive', limit: 0 });
    expect(strategy.prunesUnits).toBe(true);
  });

  it.each<[unknown, string]>([
    [onesMask(4), 'must give a mask of length 3 for weight "w", but gave one of length 4 in 1 words.'],
    [{ length: 3, words: new Uint32Array(2) }, 'but gave one of length 3 in 2 words.'],
    [undefined, 'but gave undefined.'],
    [Float32Array.of(1, 0, 1), 'but gave an object.'],
    [[1, 0, 1], 'but gave [1, 0, 1].'],
  ])('refuses the mask %o', (mask, message) => {
    expect(() => fromFunction(() => mask as ReturnType<MaskFunction>).masks([weight], 0.5)).toThrow(message);
  });
});

describe('rankedStrategy', () => {
  it('ranks the scores of a granularity', () => {
    const first = rankedStrategy(
      { scores: ({ values }) => values.map((_, i) => values.length - i), expand: (groups) => groups },
      { config: { kind: 'first' } },
    );
    expect(first.masks([weight], 0.6)).toEqual([packMask([1, 0, 0])]);
    expect(first.getConfig?.()).toEqual({ kind: 'first', ties: 'index', scope: 'tensor', minKept: 0 });
  });
});

describe('the registry', () => {
  it('knows what was registered', () => {
    const fromConfig: StrategyFromConfig = (config) => fromFunction(positive, { kind: config.kind });
    registerStrategy('test-positive', fromConfig);
    registerStrategy('test-positive', fromConfig);
    expect(strategyFromConfig({ kind: 'test-positive' }).masks([weight], 0.5)).toEqual([packMask([1, 0, 1])]);
    expect(() => registerStrategy('test-positive', (config) => fromConfig(config))).toThrow(
      'kind "test-positive" is registered already, with another function.',
    );
    expect(() => strategyFromConfig({ kind: 'nope' })).toThrow(
      /^No strategy of kind "nope" is registered; known are "magnitude", "block", "nm", "neurons", "filters", "test-positive"/,
    );
  });

  it.each<[unknown, string | RegExp]>([
    [{ kind: 'toString' }, /^No strategy of kind "toString"/],
    [undefined, /^No strategy of kind undefined/],
    [{ kind: 'nm', n: 2 }, '"nm" has no option n; it has zeros, group.'],
    [{ kind: 'nm', zeros: '2' }, /^zeros must be an integer/],
    [{ kind: 'block' }, /^blockSize must be two integers/],
    [{ kind: 'magnitude', ties: null }, 'ties must be "index" or "keep", but is null.'],
    [JSON.parse('{"kind":"magnitude","__proto__":{}}'), /^"magnitude" has no option __proto__/],
  ])('refuses %j', (config, message) => {
    expect(() => strategyFromConfig(config as StrategyConfig)).toThrow(message);
    expect(() => strategyFromConfig(config as StrategyConfig)).toThrow(MaskError);
  });

  it('refuses kinds that are none or built in, and functions that give no strategy', () => {
    const make = () => fromFunction(positive);
    expect(() => registerStrategy('', make)).toThrow(/^kind must be a name/);
    expect(() => registerStrategy('magnitude', make)).toThrow(/^kind "magnitude" is built in/);
    expect(() => registerStrategy('test-x', null as unknown as StrategyFromConfig)).toThrow(
      /^fromConfig must be a function/,
    );
    registerStrategy('test-hollow', () => ({}) as MaskStrategy);
    expect(() => strategyFromConfig({ kind: 'test-hollow' })).toThrow(/gave an object, not a strategy/);
  });
});

describe('MaskError', () => {
  it('names the option and the value, and is recognised across copies of the package', async () => {
    const path = './mask-error.js?copy';
    const copy = (await import(path)) as typeof import('./mask-error.js');
    const error = new copy.MaskError('No.', { option: 'ties', value: 3 });
    expect(error).toMatchObject({ name: 'MaskError', option: 'ties', value: 3, message: 'No.' });
    expect(copy.MaskError).not.toBe(MaskError);
    expect(MaskError.isInstance(error)).toBe(true);
    expect(MaskError.isInstance(new Error('No.'))).toBe(false);
  });
});
