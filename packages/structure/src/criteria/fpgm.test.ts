import { memory } from '@tensorflow/tfjs-core';
import { input, layers as l, model as modelOf, sequential } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { call, recurrentInitializer, setWeight } from '../small-models.fixture.js';
import { StructureError } from '../structure-error.js';
import { scoresOf } from './channel-scores.fixture.js';
import { fpgm } from './fpgm.js';

function denseModel(units: number, features: number, kernel: readonly number[]) {
  const model = sequential({
    layers: [l.dense({ units, inputShape: [features], name: 'a' }), l.dense({ units: 1 })],
  });
  setWeight(model.layers[0], 'kernel', kernel);
  return model;
}

describe('fpgm', () => {
  it('adds up the distances to the other columns of a dense kernel', async () => {
    // The columns are (0, 0), (3, 4), (0, 8).
    const model = denseModel(3, 2, [0, 3, 0, 0, 4, 8]);
    expect(await scoresOf(model, fpgm())).toEqual({ a: [5 + 8, 5 + 5, 8 + 5] });
  });

  it('lets go of large filters that are alike before a small one that is not', async () => {
    const model = denseModel(4, 1, [10, 10.5, 11, 1]);
    const { a } = await scoresOf(model, fpgm());
    expect(a).toEqual([0.5 + 1 + 9, 0.5 + 0.5 + 9.5, 1 + 0.5 + 10, 9 + 9.5 + 10]);
  });

  it('takes the distance to the geometric median where asked for', async () => {
    const model = denseModel(3, 1, [1, 7, 5]);
    const { a } = await scoresOf(model, fpgm({ to: 'median' }));
    [4, 2, 0].forEach((score, index) => {
      expect(a?.[index]).toBeCloseTo(score, 6);
    });
  });

  it('takes the filters of a convolution, whatever the axis they lie on', async () => {
    const filters = [
      [1, 2, 3, 4],
      [5, 5, 5, 5],
      [-1, 0, 2, 7],
    ];
    const d = (i: number, j: number) =>
      Math.hypot(...(filters[i] ?? []).map((value, k) => value - (filters[j]?.[k] ?? 0)));
    const expected = [d(0, 1) + d(0, 2), d(1, 0) + d(1, 2), d(2, 0) + d(2, 1)];
    const conv = sequential({
      layers: [
        l.conv2d({ filters: 3, kernelSize: [1, 2], inputShape: [4, 4, 2], name: 'conv' }),
        l.flatten(),
        l.dense({ units: 1 }),
      ],
    });
    setWeight(
      conv.layers[0],
      'kernel',
      [0, 1, 2, 3].flatMap((k) => filters.map((one) => one[k] as number)),
    );
    const up = sequential({
      layers: [
        l.conv2dTranspose({ filters: 3, kernelSize: [1, 2], inputShape: [4, 4, 2], name: 'up' }),
        l.flatten(),
        l.dense({ units: 1 }),
      ],
    });
    // [1, 2, out, in]
    setWeight(
      up.layers[0],
      'kernel',
      [0, 2].flatMap((k) => filters.flatMap((one) => one.slice(k, k + 2))),
    );
    const [ofConv, ofUp] = [await scoresOf(conv, fpgm()), await scoresOf(up, fpgm())];
    expected.forEach((score, index) => {
      expect(ofConv.conv?.[index]).toBeCloseTo(score, 12);
      expect(ofUp.up?.[index]).toBeCloseTo(score, 12);
    });
  });

  it('puts the gates of a recurrent unit behind one another', async () => {
    const model = sequential({
      layers: [
        l.lstm({ units: 2, inputShape: [3, 1], recurrentInitializer, name: 'lstm' }),
        l.dense({ units: 1 }),
      ],
    });
    // Unit 0 is (1, 2, 3, 4), unit 1 is (2, 4, 5, 8).
    setWeight(model.layers[0], 'kernel', [1, 2, 2, 4, 3, 5, 4, 8]);
    setWeight(model.layers[0], 'recurrent_kernel', Array(16).fill(0));
    const distance = Math.hypot(1, 2, 2, 4);
    expect(await scoresOf(model, fpgm(), { combine: 'sum' })).toEqual({ lstm: [distance, distance] });
  });

  it('combines added layers', async () => {
    const x = input({ shape: [1] });
    const added = call(
      l.add({}),
      call(l.dense({ units: 3, name: 'a' }), x),
      call(l.dense({ units: 3, name: 'b' }), x),
    );
    const model = modelOf({ inputs: x, outputs: call(l.dense({ units: 1 }), added) });
    setWeight(model.getLayer('a'), 'kernel', [0, 1, 3]);
    setWeight(model.getLayer('b'), 'kernel', [0, 10, 0]);
    expect(await scoresOf(model, fpgm())).toEqual({ a: [(4 + 10) / 2, (3 + 20) / 2, (5 + 10) / 2] });
    expect(await scoresOf(model, fpgm(), { combine: 'max' })).toEqual({ a: [10, 20, 10] });
  });

  it('equals brute force, and gives equal filters equal scores', async () => {
    const kernels = fc
      .record({ units: fc.integer({ min: 2, max: 9 }), features: fc.integer({ min: 1, max: 6 }) })
      .chain(({ units, features }) =>
        fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: features, maxLength: features }), {
          minLength: units,
          maxLength: units,
        }),
      );
    await fc.assert(
      fc.asyncProperty(kernels, async (columns) => {
        const features = columns[0]?.length as number;
        const kernel = Array.from({ length: features }, (_, k) =>
          columns.map((column) => column[k] as number),
        );
        const model = denseModel(columns.length, features, kernel.flat());
        const { a = [] } = await scoresOf(model, fpgm());
        model.dispose();
        columns.forEach((one, index) => {
          const distances = columns.map((other) =>
            Math.hypot(...one.map((value, k) => value - (other[k] as number))),
          );
          expect(a[index]).toBeCloseTo(
            distances.reduce((total, distance) => total + distance, 0),
            10,
          );
          columns.forEach((other, at) => {
            if (one.join() === other.join()) expect(a[at]).toBe(a[index]);
          });
        });
      }),
      { numRuns: 50 },
    );
  });

  it('leaves no tensors behind', async () => {
    const model = denseModel(3, 1, [1, 7, 5]);
    const { numTensors } = memory();
    await scoresOf(model, fpgm());
    expect(memory().numTensors).toBe(numTensors);
  });

  it('refuses another distance', () => {
    const wrong = () => fpgm({ to: 'mean' as never });
    expect(wrong).toThrow(StructureError);
    expect(wrong).toThrow("to must be 'filters' or 'median', but is mean");
  });
});
