import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { block } from './block.js';
import { keepCount } from './keep-count.js';
import { magnitude } from './magnitude.js';
import type { Mask } from './mask.js';
import { applyMask } from './mask-applying.js';
import { countKept, isKept } from './mask-reading.js';
import { nm } from './nm.js';
import { strategyFromConfig } from './registry.js';
import type { MaskStrategy } from './strategy.js';
import { filters, neurons } from './units.js';
import type { WeightKind, WeightView } from './weight.js';

/** Every strategy joins this table. */
interface Row {
  readonly name: string;
  readonly strategy: MaskStrategy;
  readonly kinds: readonly WeightKind[];
  /** The group of each place of a weight, where the keep count is over groups. */
  readonly groupOf?: (weight: WeightView, index: number) => string;
  /** What a group of magnitudes is worth. */
  readonly worth?: (magnitudes: number[]) => number;
}

const size = ({ shape }: Pick<WeightView, 'shape'>) => shape.reduce((a, b) => a * b, 1);
const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;
const rms = (list: number[]) => Math.sqrt(mean(list.map((x) => x * x)));
const largest = (list: number[]) => Math.max(...list);

const itself = (_: WeightView, index: number) => `${index}`;
const lastAxis = ({ shape }: WeightView, index: number) => `${index % (shape.at(-1) ?? 1)}`;
const block2x3 = ({ shape }: WeightView, index: number) => {
  const [rows = 1, columns = 1] = shape.slice(-2);
  const [matrix, row, column] = [
    Math.floor(index / (rows * columns)),
    Math.floor(index / columns) % rows,
    index % columns,
  ];
  return [matrix, Math.floor(row / 2), Math.floor(column / 3)].join();
};

const single = { kinds: ['dense', 'conv', 'other'], groupOf: itself, worth: mean } as const;
const blocks = { kinds: ['dense', 'conv', 'embedding'], groupOf: block2x3 } as const;
const units = { groupOf: lastAxis, worth: mean } as const;
const table: readonly Row[] = [
  { name: 'magnitude', strategy: magnitude(), ...single },
  { name: 'magnitude, model', strategy: magnitude({ scope: 'model' }), ...single },
  { name: 'block', strategy: block({ blockSize: [2, 3] }), ...blocks, worth: mean },
  {
    name: 'block, max, model',
    strategy: block({ blockSize: [2, 3], pooling: 'max', scope: 'model' }),
    ...blocks,
    worth: largest,
  },
  { name: 'nm', strategy: nm({ zeros: 3, group: 4 }), kinds: ['dense', 'conv', 'recurrent'] },
  { name: 'neurons', strategy: neurons(), kinds: ['dense'], ...units },
  {
    name: 'neurons, l2, model',
    strategy: neurons({ norm: 'l2', scope: 'model' }),
    kinds: ['dense'],
    ...units,
    worth: rms,
  },
  { name: 'filters', strategy: filters(), kinds: ['conv'], ...units },
];

/** The groups of a weight: whether each is kept, which its members must agree on, and its magnitudes. */
function groupsOf(weight: WeightView, mask: Mask, groupOf: NonNullable<Row['groupOf']>) {
  const groups = new Map<string, { kept: boolean; magnitudes: number[] }>();
  weight.values.forEach((value, index) => {
    const key = groupOf(weight, index);
    const group = groups.get(key) ?? { kept: isKept(mask, index), magnitudes: [] };
    groups.set(key, group);
    expect(isKept(mask, index)).toBe(group.kept);
    group.magnitudes.push(Math.abs(value));
  });
  return [...groups.values()];
}

const spatial: Partial<Record<WeightKind, number[]>> = { conv: [2, 2] };

function weightsOf(kinds: readonly WeightKind[]): fc.Arbitrary<WeightView[]> {
  const side = fc.integer({ min: 1, max: 9 });
  const weight = fc.tuple(fc.constantFrom(...kinds), side, side).chain(([kind, rows, columns]) => {
    const shape = [...(spatial[kind] ?? []), rows, columns];
    const length = shape.reduce((a, b) => a * b, 1);
    const value = fc.oneof(
      fc.float({ min: -2, max: 2, noNaN: true }),
      fc.constantFrom(0, -0, 0.5, -0.5, 1e-45),
    );
    return fc
      .array(value, { minLength: length, maxLength: length })
      .map((values) => ({ kind, shape, values: Float32Array.from(values) }));
  });
  return fc
    .array(weight, { minLength: 1, maxLength: 3 })
    .map((list) => list.map((item, i) => ({ name: `w${i}`, ...item })));
}

const anySparsity = fc.double({ min: 0, max: 1, noNaN: true });

describe.each(table)('$name', ({ strategy, kinds, groupOf, worth }) => {
  it('keeps the exact count of the groups worth most, deterministically, and does not write to the weights', () => {
    fc.assert(
      fc.property(weightsOf(kinds), anySparsity, (weights, sparsity) => {
        const before = weights.map(({ values }) => values.slice());
        const masks = strategy.masks(weights, sparsity);
        expect(strategy.masks(weights, sparsity)).toEqual(masks);
        expect(weights.map(({ values }) => values)).toEqual(before);
        expect(masks.map(({ length }) => length)).toEqual(weights.map(size));
        if (!groupOf || !worth) return;
        const each = weights.flatMap((weight, i) => {
          const mask = masks[i];
          return mask ? [groupsOf(weight, mask, groupOf)] : [];
        });
        for (const ranked of strategy.scope === 'model' ? [each.flat()] : each) {
          const kept = ranked.filter((group) => group.kept);
          const pruned = ranked.filter((group) => !group.kept);
          expect(kept.length).toBe(keepCount(ranked.length, sparsity));
          const least = Math.min(...kept.map(({ magnitudes }) => worth(magnitudes)));
          const most = Math.max(0, ...pruned.map(({ magnitudes }) => worth(magnitudes)));
          expect(least).toBeGreaterThanOrEqual(most - 1e-6);
        }
      }),
    );
  });

  it('keeps a subset at a higher sparsity', () => {
    fc.assert(
      fc.property(weightsOf(kinds), anySparsity, anySparsity, (weights, a, b) => {
        const some = strategy.masks(weights, Math.max(a, b));
        const more = strategy.masks(weights, Math.min(a, b));
        for (const [i, mask] of some.entries()) {
          const wider = more[i];
          for (let at = 0; at < mask.length; at++) {
            if (isKept(mask, at)) expect(wider && isKept(wider, at)).toBe(true);
          }
        }
      }),
    );
  });

  it('gives weights that are masked already the same values', () => {
    fc.assert(
      fc.property(weightsOf(kinds), anySparsity, (weights, sparsity) => {
        const apply = (list: WeightView[]): WeightView[] => {
          const masks = strategy.masks(list, sparsity);
          return list.map((w, i) => {
            const mask = masks[i];
            return { ...w, values: mask ? applyMask(w.values.slice(), mask) : w.values };
          });
        };
        const once = apply(weights).map(({ values }) => values.map((x) => x + 0));
        const twice = apply(apply(weights)).map(({ values }) => values.map((x) => x + 0));
        expect(twice).toEqual(once);
      }),
    );
  });

  it('keeps everything at sparsity 0', () => {
    fc.assert(
      fc.property(weightsOf(kinds), (weights) => {
        expect(strategy.masks(weights, 0).map(countKept)).toEqual(weights.map(size));
      }),
      { numRuns: 20 },
    );
  });

  it('comes back from its configuration', () => {
    const config = JSON.parse(JSON.stringify(strategy.getConfig?.()));
    const again = strategyFromConfig(config);
    expect(again.getConfig?.()).toEqual(config);
    expect([again.scope, again.prunesUnits]).toEqual([strategy.scope, strategy.prunesUnits]);
    fc.assert(
      fc.property(weightsOf(kinds), anySparsity, (weights, sparsity) => {
        expect(again.masks(weights, sparsity)).toEqual(strategy.masks(weights, sparsity));
      }),
      { numRuns: 20 },
    );
  });

  const [kind = 'other'] = kinds;
  const good = { name: 'good', kind, shape: [...(spatial[kind] ?? []), 2, 2] };
  const length = size(good);

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'names a weight that is %d',
    (bad) => {
      const values = new Float32Array(length).fill(1);
      const broken = { ...good, name: 'bad', values: values.slice().fill(bad, length - 1) };
      for (const sparsity of [0, 0.5]) {
        expect(() => strategy.masks([{ ...good, values }, broken], sparsity)).toThrow(
          `Weight "bad" is ${bad} at index ${length - 1}; only finite weights can be ranked.`,
        );
      }
    },
  );

  it('refuses a sparsity out of range, and values that do not fit the shape', () => {
    const weight = { ...good, values: new Float32Array(length) };
    for (const sparsity of [-0.1, 1.1, Number.NaN]) {
      expect(() => strategy.masks([weight], sparsity)).toThrow(
        `sparsity must be a number from 0 to 1, but is ${sparsity}.`,
      );
    }
    const short = { ...good, values: new Float32Array(length - 1) };
    expect(() => strategy.masks([short], 0.5)).toThrow(
      /^Weight "good" of shape .* must have a Float32Array of/,
    );
    const odd = { ...good, shape: [-2, -2], values: new Float32Array(4) };
    expect(() => strategy.masks([odd], 0.5)).toThrow(/^Weight "good" must have a shape of integers/);
  });
});
