import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cheapest } from '../choose.js';
import { sizeOf } from '../graph/shape.js';
import { budget } from './budget.fixture.js';
import { compareWithReference } from './compare.fixture.js';
import { floats, inputOf, type NumberKind, numberKinds, spoil } from './numbers.fixture.js';
import { Random } from './random.fixture.js';
import { isExact, operationKinds, randomOperation } from './random-operation.fixture.js';
import { expectSameBits, runInPieces, runPoisoned } from './run-poisoned.fixture.js';

const axis = fc.oneof(
  { weight: 1, arbitrary: fc.constant(1) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 30 }) },
);
const channels = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 21, max: 150 }) },
);
const shape = fc
  .oneof(
    { weight: 3, arbitrary: fc.tuple(fc.integer({ min: 1, max: 3 }), axis, axis, channels) },
    { weight: 1, arbitrary: fc.tuple(axis, channels) },
    { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 1, max: 3 }), axis, channels) },
    { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 1, max: 300 })) },
  )
  .filter((sizes: readonly number[]) => sizeOf(sizes) <= 8000);

describe('operations', () => {
  it.each(operationKinds)('%s computes what plain loops do', (kind) => {
    let made = 0;
    const run = (sizes: readonly number[], numbers: NumberKind, isSpoilt: boolean, seed: number) => {
      const random = new Random(seed);
      const drawn = randomOperation(kind, sizes, random, numbers);
      if (drawn === undefined) return;
      const { operation, others } = drawn;
      const inputs = [sizes, ...others].map((size) => ({
        shape: size,
        values: floats(sizeOf(size), () => inputOf(numbers, random)),
      }));
      const [first] = inputs;
      if (isSpoilt && first !== undefined) spoil(first.values, random);
      const ids = inputs.map((_, index) => index);
      const node = { name: kind, operation, inputs: ids, output: ids.length };
      const graph = { nodes: [node], inputs: ids, outputs: [node.output] };
      const got = runPoisoned(graph, inputs, cheapest, random);
      made += 1;
      if (isSpoilt && (kind === 'convolution' || kind === 'product') && got === undefined) return;
      if (got === undefined) throw new Error('the input is refused');
      compareWithReference(graph, inputs, got, numbers === 'integers' && !isSpoilt && isExact(operation));
      expectSameBits(got, runInPieces(graph, inputs, cheapest, random), 'a run in pieces');
    };
    const seed = fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    const numbers = fc.constantFrom<NumberKind>('usual', 'integers', ...numberKinds);
    const isSpoilt = fc.integer({ min: 0, max: 4 }).map((one) => one === 4);
    fc.assert(fc.property(shape, numbers, isSpoilt, seed, run), budget(200));
    expect(made).toBeGreaterThan(80);
  });
});
