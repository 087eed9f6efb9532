import { sizeOf } from '../graph/shape.js';
import type { FilterShape } from '../graph/weights.js';
import { Weights } from '../graph/weights.js';
import { type NumberKind, weightOf } from './numbers.fixture.js';
import type { Random } from './random.fixture.js';

/** Where weights are not zero. */
export const patterns = [
  'unstructured',
  'none',
  'all',
  'one',
  'last',
  'rows',
  'columns',
  '4x1',
  '8x1',
  '2:4 of outputs',
  '2:4 of inputs',
  'uneven',
] as const;
export type Pattern = (typeof patterns)[number];

const sparsities = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99];

/** A filter whose weights are zero (some of them -0) outside of a pattern. */
export function patterned(shape: FilterShape, pattern: Pattern, kind: NumberKind, random: Random): Weights {
  const values = new Float32Array(sizeOf(shape));
  const [, , inChannels, outChannels] = shape;
  const isKept = keeps(pattern, values.length, inChannels, outChannels, random);
  values.forEach((_, at) => {
    if (isKept(at)) values[at] = weightOf(kind, random);
    else if (random.chance(0.1)) values[at] = -0;
  });
  if (kind === 'quantized') {
    const steps = Array.from({ length: outChannels }, () => 10 ** (4 * random.next() - 3));
    values.forEach((value, at) => {
      values[at] = value * (steps[at % outChannels] as number);
    });
  }
  return new Weights(values, shape);
}

function keeps(
  pattern: Pattern,
  count: number,
  inChannels: number,
  outChannels: number,
  random: Random,
): (at: number) => boolean {
  const density = 1 - random.pick(sparsities);
  const known = new Map<number, boolean>();
  const perGroup = (group: number, chance = density) => {
    const kept = known.get(group) ?? random.chance(chance);
    known.set(group, kept);
    return kept;
  };
  switch (pattern) {
    case 'unstructured':
      return () => random.chance(density);
    case 'none':
      return () => false;
    case 'all':
      return () => true;
    case 'one': {
      const place = random.integer(0, count - 1);
      return (at) => at === place;
    }
    case 'last':
      return (at) => at === count - 1;
    case 'rows':
      return (at) => perGroup(Math.floor(at / outChannels));
    case 'columns':
      return (at) => perGroup(at % outChannels) && random.chance(0.7);
    case '4x1':
    case '8x1': {
      const size = pattern === '4x1' ? 4 : 8;
      return (at) =>
        perGroup(Math.floor(at / outChannels) * outChannels + Math.floor((at % outChannels) / size));
    }
    case '2:4 of outputs':
      return (at) => {
        const turn = perGroup(
          Math.floor(at / outChannels) * outChannels + Math.floor((at % outChannels) / 4),
          0.5,
        );
        return (at % outChannels) % 4 < 2 === turn;
      };
    case '2:4 of inputs':
      return (at) => {
        const input = Math.floor(at / outChannels) % inChannels;
        return input % 4 < 2 === perGroup((at % outChannels) * inChannels + Math.floor(input / 4), 0.5);
      };
    case 'uneven':
      return (at) => random.chance((at % outChannels) / outChannels);
  }
}
