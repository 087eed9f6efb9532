import { describe, expect, it } from 'vitest';
import { packMask } from './mask-making.js';
import { unpackMask } from './mask-reading.js';
import type { MaskStrategy } from './strategy.js';
import { unitMask } from './unit-mask.js';
import { filters, neurons } from './units.js';
import type { WeightKind, WeightView } from './weight.js';

function kept(strategy: MaskStrategy, weights: Omit<WeightView, 'name'>[], sparsity: number): string[] {
  const named = weights.map((weight, i) => ({ name: `w${i}`, ...weight }));
  return strategy.masks(named, sparsity).map((mask) => unpackMask(mask).join(''));
}

describe('neurons and filters', () => {
  it('rank by l1 or by l2 norm', () => {
    // columns 3 3 (l1 6, l2 4.2) and 5 0 (l1 5, l2 5)
    const weight = { kind: 'dense', shape: [2, 2], values: Float32Array.of(3, 5, -3, 0) } as const;
    expect(kept(neurons(), [weight], 0.5)).toEqual(['1010']);
    expect(kept(neurons({ norm: 'l2' }), [weight], 0.5)).toEqual(['0101']);
  });

  it.each<[WeightKind, number[], number[], string]>([
    // the same two output units, of weights 1 1 and 2 2, in each layout
    ['conv', [2, 1, 2], [1, 2, 1, 2], '0101'],
    ['conv', [1, 1, 2, 2], [1, 2, 1, 2], '0101'],
    ['conv', [1, 1, 1, 2, 2], [1, 2, 1, 2], '0101'],
    ['conv-transpose', [1, 2, 2], [1, 1, 2, 2], '0011'],
    ['conv-transpose', [2, 2, 1], [1, 2, 1, 2], '0101'],
    ['depthwise', [1, 2, 2, 1], [1, 2, 1, 2], '0101'],
    ['depthwise', [1, 2, 1, 2], [1, 2, 1, 2], '0101'],
  ])('%s of shape %j', (kind, shape, values, mask) => {
    expect(kept(filters(), [{ kind, shape, values: Float32Array.from(values) }], 0.5)).toEqual([mask]);
  });

  it('rank units of different sizes by their mean in model scope', () => {
    const large = { kind: 'dense', shape: [4, 2], values: new Float32Array(8).fill(1) } as const;
    const small = { kind: 'dense', shape: [1, 2], values: Float32Array.of(2, 3) } as const;
    expect(kept(neurons({ scope: 'model' }), [large, small], 0.5)).toEqual(['00000000', '11']);
    expect(kept(neurons({ scope: 'model', minKept: 0.5 }), [large, small], 0.5)).toEqual(['10101010', '01']);
  });

  it('say that they prune units', () => {
    expect([neurons().prunesUnits, filters().prunesUnits]).toEqual([true, true]);
  });

  it('refuse weights of other kinds, saying what to use', () => {
    const values = new Float32Array(4);
    expect(() => kept(neurons(), [{ kind: 'conv', shape: [1, 2, 2], values }], 0.5)).toThrow(
      'Weight "w0" is of kind "conv", but neurons prunes "dense"; use filters for convolutions, or leave it alone.',
    );
    expect(() => kept(filters(), [{ kind: 'dense', shape: [2, 2], values }], 0.5)).toThrow(
      'Weight "w0" is of kind "dense", but filters prunes "conv", "conv-transpose", "depthwise"; use neurons for dense weights, or leave it alone.',
    );
    expect(() => kept(filters(), [{ kind: 'conv', shape: [2, 2], values }], 0.5)).toThrow(
      'Weight "w0" of kind "conv" must have a shape [...spatial, in, out], but has [2, 2].',
    );
    expect(() => neurons({ norm: 'max' as 'l1' })).toThrow('norm must be "l1" or "l2", but is "max".');
  });
});

describe('unitMask', () => {
  it.each<[WeightKind, number[], number[], number[]]>([
    ['dense', [2, 3], [0, 0, 1, 0, 1, 0], [0, 1, 1]],
    ['recurrent', [2, 2], [0, 1, 0, 0], [0, 1]],
    ['conv', [2, 1, 2], [0, 0, 1, 0], [1, 0]],
    ['conv-transpose', [1, 2, 2], [0, 0, 0, 1], [0, 1]],
    ['depthwise', [2, 1, 2, 2], [0, 0, 1, 0, 0, 0, 0, 1], [0, 0, 1, 1]],
  ])('of %s, shape %j', (kind, shape, mask, units) => {
    expect([...unpackMask(unitMask(packMask(mask), { kind, shape }))]).toEqual(units);
  });

  it('refuses a mask of another length, and a weight without units', () => {
    expect(() => unitMask(packMask([1]), { kind: 'dense', shape: [2, 2] })).toThrow(
      'must have length 4, but has 1',
    );
    expect(() => unitMask(packMask([1]), { kind: 'other', shape: [1] })).toThrow(
      'of kind "other" has no input',
    );
  });
});
