import {
  add,
  clone,
  gather,
  grad,
  mean,
  reshape,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
  unsortedSegmentSum,
  zeros,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectSameOnBoth, random, valuesOn } from '../../testing/backends.js';
import { registerWasmTraining } from '../register.js';

registerWasmTraining();

describe('sum and mean', () => {
  it('are those of the cpu backend over any axes', async () => {
    const side = fc.constantFrom(1, 2, 3, 17);
    const anyReduction = fc
      .array(side, { minLength: 1, maxLength: 4 })
      .chain((shape) =>
        fc.tuple(fc.constant(shape), fc.subarray(shape.map((_, axis) => axis)), fc.boolean(), fc.boolean()),
      );
    await fc.assert(
      fc.asyncProperty(anyReduction, async ([shape, axes, keepDims, fromEnd]) => {
        const axis = axes.map((index) => (fromEnd ? index - shape.length : index));
        await expectSameOnBoth(() => [
          sum(random(shape, 1), axis, keepDims),
          mean(random(shape, 1), axis, keepDims),
        ]);
      }),
      { numRuns: 120 },
    );
  });

  it.each([2, 255, 256, 257, 1000, 3001])('are exact for whole numbers in %s rows', async (rows) => {
    const [total, average] = await valuesOn('wasm', () => {
      const x = tensor1d(Array.from({ length: rows * 2 }, (_, i) => i % 7));
      return [sum(reshape(x, [rows, 2]), 0), mean(reshape(x, [rows, 2]), 0)];
    });
    const expected = [0, 1].map((column) => {
      let exact = 0;
      for (let row = 0; row < rows; row++) exact += (row * 2 + column) % 7;
      return exact;
    });
    expect(total).toEqual(expected);
    expect(average).toEqual(expected.map((value) => Math.fround(value / rows)));
  });

  it('add up whole numbers exactly', async () => {
    const [total] = await valuesOn('wasm', () =>
      sum(
        tensor2d([
          [1, 2],
          [3, 4],
          [5, 7],
        ]),
        0,
      ),
    );
    expect(total).toEqual([9, 13]);
  });

  it('are zero over an empty axis, and leave int32 to the backend', async () => {
    const [none, whole] = await valuesOn('wasm', () => [
      sum(zeros([0, 3]), 0),
      sum(
        tensor2d(
          [
            [1, 2],
            [3, 4],
          ],
          [2, 2],
          'int32',
        ),
        0,
      ),
    ]);
    expect(none).toEqual([0, 0, 0]);
    expect(whole).toEqual([4, 6]);
  });
});

describe('add', () => {
  it.each([
    [1100, 15],
    [900, 20],
    [130, 127],
    [129, 128],
    [2, 10001],
    [17000, 1],
    [40, 50],
  ])('adds a row to each of %s rows of %s', async (rows, columns) => {
    await expectSameOnBoth(() => [
      add(random([rows, columns], 1), random([columns], 2)),
      add(reshape(random([rows, columns], 1), [rows, 1, columns]), random([columns], 2)),
    ]);
  });

  it.each<[number[], number[]]>([
    [[128], [128, 128]],
    [
      [128, 128],
      [1, 128],
    ],
    [[128, 128], [1]],
    [[128, 1], [128]],
    [
      [128, 128],
      [128, 1],
    ],
  ])('leaves %j + %j to the backend', async (a, b) => {
    await expectSameOnBoth(() => add(random(a, 1), random(b, 2)));
  });
});

describe('unsortedSegmentSum', () => {
  it('adds up the rows of a segment and skips ids that are none', async () => {
    const [sums] = await valuesOn('wasm', () =>
      unsortedSegmentSum(
        tensor2d([
          [1, 2],
          [3, 4],
          [5, 6],
          [7, 8],
          [9, 10],
        ]),
        tensor1d([2, 0, 2, -1, 3], 'int32'),
        3,
      ),
    );
    expect(sums).toEqual([3, 4, 0, 0, 6, 8]);
  });

  it('keeps int32', async () => {
    const [sums] = await valuesOn('wasm', () =>
      unsortedSegmentSum(tensor1d([2 ** 24 + 1, 2], 'int32'), tensor1d([1, 1], 'int32'), 2),
    );
    expect(sums).toEqual([0, 2 ** 24 + 3]);
  });

  it('gives an embedding the gradient of the cpu backend', async () => {
    const ids = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(ids, fc.integer({ min: 0, max: 2 }), async (indices, axis) => {
        await expectSameOnBoth(() => {
          const f = (table: Tensor): Tensor => gather(table, tensor1d(indices, 'int32'), axis);
          const table = random([7, 7, 7], 1);
          return grad(f)(table, random(f(table).shape, 2));
        });
      }),
      { numRuns: 40 },
    );
  });
});

describe('clone', () => {
  it('outlives the tensor it shares its values with', async () => {
    const [values] = await valuesOn('wasm', () => {
      const original = tensor1d([1, 2, 3]);
      const copy = clone(original);
      original.dispose();
      zeros([3]);
      return copy;
    });
    expect(values).toEqual([1, 2, 3]);
  });
});
