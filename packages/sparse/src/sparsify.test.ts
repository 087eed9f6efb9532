import { memory, ones, type Tensor, tensor, tidy, zeros } from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { SparseError } from './sparse-error.js';
import type { SparseModel } from './sparse-model.js';
import { sparsify } from './sparsify.js';

/** A dense layer of which a share of the weights is zero, and one that kernels don't know between two that they do. */
function network(): LayersModel {
  const made = sequential({
    layers: [
      layers.dense({ units: 64, activation: 'relu', inputShape: [4, 64], name: 'first' }),
      layers.batchNormalization({ name: 'norm' }),
      layers.lstm({ units: 8, name: 'recurrent' }),
      layers.dense({ units: 3, activation: 'softmax', name: 'last' }),
    ],
  });
  tidy(() => {
    const values = Float32Array.from({ length: 64 * 64 }, (_, index) =>
      index % 10 === 0 ? Math.sin(index) : 0,
    );
    made.getLayer('first').setWeights([tensor(values, [64, 64]), ones([64])]);
  });
  return made;
}

function example(batch: number): Tensor {
  return tensor(
    Float32Array.from({ length: batch * 4 * 64 }, (_, index) => Math.cos(index)),
    [batch, 4, 64],
  );
}

async function expectSame(got: Tensor, expected: Tensor): Promise<void> {
  expect(got.shape).toEqual(expected.shape);
  const [a, b] = [await got.data(), await expected.data()];
  a.forEach((value, index) => {
    expect(Math.abs(value - (b[index] as number))).toBeLessThan(1e-5);
  });
  for (const held of [got, expected]) held.dispose();
}

async function withModel(work: (sparse: SparseModel, source: LayersModel) => Promise<void>): Promise<void> {
  const source = network();
  const before = memory().numTensors;
  const sparse = await sparsify(source);
  await work(sparse, source);
  sparse.dispose();
  expect(memory().numTensors).toBe(before);
  source.dispose();
}

describe('sparsify', () => {
  it('predicts what the model does, with tfjs for what it does not know, in batches as in tfjs', () =>
    withModel(async (sparse, source) => {
      for (const batch of [1, 3, 40]) {
        const x = example(batch);
        await expectSame(sparse.predict(x) as Tensor, source.predict(x) as Tensor);
        await expectSame(
          (await sparse.predictAsync(x, { batchSize: 2 })) as Tensor,
          source.predict(x) as Tensor,
        );
        x.dispose();
      }
    }));

  it('says what runs each layer', () =>
    withModel(async (sparse) => {
      const rows = sparse.explain();
      expect(rows.map(({ layer, runs }) => [layer, runs])).toEqual([
        [expect.stringContaining('input'), 'none'],
        ['first', expect.stringMatching(/^(gather|unstructured|4x1|8x1|dense)$/)],
        ['norm', expect.stringMatching(/^(simd|folded)$/)],
        ['recurrent', 'tfjs'],
        ['last', expect.stringMatching(/^(gather|dense|4x1|8x1)$/)],
      ]);
      expect(rows[1]?.sparsity).toBeCloseTo(0.9, 2);
      expect(rows[1]?.expectedGain).toBeGreaterThan(0);
      expect(rows[1]?.reason).toMatch(/^expected [\d.]+ us, against 'dense'|'/);
      expect(rows[3]?.reason).toMatch(/LSTM/);
    }));

  it('measures kernels when it is asked to, and takes what was measured', async () => {
    const source = network();
    const sparse = await sparsify(source, { tune: true });
    expect(sparse.explain()[1]?.measuredGain).toBeGreaterThan(0);
    expect(Object.keys(sparse.tuning ?? {})).toHaveLength(2);
    const tuning = Object.fromEntries(
      Object.entries(sparse.tuning ?? {}).map(([key]) => [key, { kernel: 'dense', gain: 1 }]),
    );
    const again = await sparsify(source, { tune: JSON.parse(JSON.stringify(tuning)) });
    expect(again.explain()[1]).toMatchObject({ runs: 'dense', measuredGain: 1 });
    for (const held of [sparse, again, source]) held.dispose();
  });

  it('takes tensors in order or by name, and names what does not fit', async () => {
    const a = input({ shape: [2], name: 'a' });
    const b = input({ shape: [2], name: 'b' });
    const sum = layers.add().apply([a, b]) as ReturnType<typeof input>;
    const twice = layers.dense({ units: 1, kernelInitializer: 'ones' }).apply(sum) as ReturnType<
      typeof input
    >;
    const source = model({ inputs: [a, b], outputs: [sum, twice] });
    const sparse = await sparsify(source);
    const [x, y] = [ones([1, 2]), ones([1, 2])];
    for (const given of [[x, y], { b: y, a: x }]) {
      const outputs = sparse.predict(given) as Tensor[];
      expect(await Promise.all(outputs.map((output) => output.array()))).toEqual([[[2, 2]], [[4]]]);
      for (const output of outputs) output.dispose();
    }
    const flat = ones([2]);
    expect(() => sparse.predict(x)).toThrow(/the model has 2 inputs, but got 1 tensors/);
    expect(() => sparse.predict({ a: x })).toThrow(/input 'b' is missing; given are: a/);
    expect(() => sparse.predict([x, flat])).toThrow(
      /input 'b' takes a tensor of shape \[any, 2\], but got \[2\]/,
    );
    expect(() => sparse.predict([x, y], { batchSize: 0 })).toThrow(
      /batchSize must be a whole number from 1, but is 0/,
    );
    sparse.dispose();
    sparse.dispose();
    expect(() => sparse.predict([x, y])).toThrow(SparseError);
    for (const held of [x, y, flat, source]) held.dispose();
  });

  it('is of the model as it was, and compiles for open sizes when it meets them', async () => {
    const source = sequential({
      layers: [
        layers.conv2d({
          filters: 2,
          kernelSize: 3,
          padding: 'same',
          inputShape: [null, null, 1],
          name: 'open',
        }),
      ],
    });
    const sparse = await sparsify(source);
    expect(sparse.explain()[1]).toMatchObject({ layer: 'open', runs: 'unknown' });
    for (const size of [4, 5, 6, 7, 8, 9, 4]) {
      const x = ones([1, size, size + 1, 1]);
      await expectSame(sparse.predict(x) as Tensor, source.predict(x) as Tensor);
      x.dispose();
    }
    expect(sparse.explain()[1]?.runs).not.toBe('unknown');
    const x = ones([1, 3, 3, 1]);
    const before = sparse.predict(x) as Tensor;
    tidy(() => source.layers[0]?.setWeights([zeros([3, 3, 1, 2]), zeros([2])]));
    await expectSame(sparse.predict(x) as Tensor, before);
    for (const held of [x, sparse, source]) held.dispose();
  });

  it('refuses what is no model, and options that can not be', async () => {
    await expect(sparsify(undefined as never)).rejects.toThrow(
      /model must be a LayersModel or GraphModel, but is undefined/,
    );
    await expect(sparsify({} as never)).rejects.toSatisfy(SparseError.isInstance);
    const source = network();
    await expect(sparsify(source, { tune: 'yes' as never })).rejects.toThrow(
      /tune must be true, false or a tuning, but is yes/,
    );
    source.dispose();
  });
});
