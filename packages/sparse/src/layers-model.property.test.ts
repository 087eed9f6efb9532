import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadBare } from './bare.js';
import { budget } from './fuzz/budget.fixture.js';
import { compareValues, mostOf } from './fuzz/compare.fixture.js';
import { floats, spoil } from './fuzz/numbers.fixture.js';
import { Random } from './fuzz/random.fixture.js';
import { ModelMaker } from './fuzz/random-layers-model.fixture.js';
import { sizeOf } from './graph/shape.js';
import { SparseError } from './sparse-error.js';
import type { SparseModel } from './sparse-model.js';
import { sparsify } from './sparsify.js';
import { toBare } from './to-bare.js';

interface Values {
  readonly shape: number[];
  readonly values: Float32Array;
}

async function valuesOf(outputs: tf.Tensor | tf.Tensor[]): Promise<Values[]> {
  const all = [outputs].flat();
  const values = await Promise.all(
    all.map(async (output) => ({
      shape: output.shape,
      values: (await output.data()).slice() as Float32Array,
    })),
  );
  tf.dispose(all);
  return values;
}

function inputsFor(model: LayersModel, batch: number, random: Random): Values[] {
  return model.inputs.map(({ shape }) => {
    const sizes = [batch, ...(shape.slice(1) as number[])];
    return { shape: sizes, values: floats(sizeOf(sizes), () => 3 * random.next() - 1.5) };
  });
}

/** What tfjs predicts on its cpu backend; undefined when open sizes don't go together after all. */
async function expectedOf(model: LayersModel, inputs: readonly Values[]): Promise<Values[] | undefined> {
  const backend = tf.getBackend();
  await tf.setBackend('cpu');
  const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape));
  try {
    const outputs = tf.tidy(() => model.predict(tensors));
    return await valuesOf(outputs);
  } catch (error) {
    if (/could not be broadcast|must match/.test(String(error))) return undefined;
    throw error;
  } finally {
    tf.dispose(tensors);
    await tf.setBackend(backend);
  }
}

function compare(expected: readonly Values[], got: readonly Values[]): void {
  expect(got.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  expected.forEach(({ values }, index) => {
    compareValues(values, got[index]?.values ?? [], 3e-5 * Math.max(1e-3, mostOf(values)), `output ${index}`);
  });
}

/** Whether no layer is tfjs's, and some layer computes something. */
function canBeBare(sparse: SparseModel): boolean {
  const rows = sparse.explain();
  return rows.every(({ runs }) => runs !== 'tfjs') && rows.some(({ runs }) => runs !== 'none');
}

/** Checks that a model of one input and output becomes a bare model if all its layers are ours, and predicts the same. */
async function checkBare(
  model: LayersModel,
  [input, ...others]: readonly Values[],
  expected: readonly Values[],
  isNative: boolean,
): Promise<void> {
  if (input === undefined || others.length > 0 || expected.length > 1) return;
  const written = toBare(model, { inputShape: input.shape });
  if (!isNative) {
    await expect(written).rejects.toThrow(SparseError);
    return;
  }
  const bare = await loadBare(await written);
  compare(expected, [{ shape: [...bare.outputShape], values: bare.run(input.values) }]);
  bare.dispose();
}

/** Layers for which tfjs's cpu backend lets NaN and infinities through, as it should: its max pooling leaves out NaN. */
const transparent: ReadonlySet<string> = new Set([
  ...['InputLayer', 'Dense', 'Conv1D', 'Conv2D', 'DepthwiseConv2D', 'SeparableConv2D', 'BatchNormalization'],
  ...['Activation', 'Add', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate', 'Flatten', 'Reshape'],
  ...['GlobalAveragePooling1D', 'GlobalAveragePooling2D', 'AveragePooling1D', 'AveragePooling2D'],
  ...['ZeroPadding2D', 'ReLU', 'LeakyReLU', 'ELU', 'PReLU', 'Softmax', 'Dropout', 'Permute', 'UpSampling2D'],
]);

describe('random layers models', () => {
  it('pass NaN and infinities as tfjs does', async () => {
    let compared = 0;
    const run = async (count: number, seed: number) => {
      const random = new Random(seed);
      const model = new ModelMaker(random).make(count);
      if (model.layers.some((layer) => !transparent.has(layer.getClassName()))) {
        model.dispose();
        return;
      }
      try {
        const inputs = inputsFor(model, 2, random);
        spoil(random.pick(inputs).values, random);
        const expected = await expectedOf(model, inputs);
        if (expected === undefined) return;
        const sparse = await sparsify(model);
        // What tfjs's wasm backend makes of them is its own.
        if (tf.getBackend() === 'wasm' && sparse.explain().some(({ runs }) => runs === 'tfjs')) return;
        compared += 1;
        const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape));
        compare(expected, await valuesOf(sparse.predict(tensors)));
        compare(expected, await valuesOf(await sparse.predictAsync(tensors)));
        tf.dispose(tensors);
        sparse.dispose();
      } catch (error) {
        if (error instanceof Error) error.message += summary(model);
        throw error;
      } finally {
        model.dispose();
      }
    };
    const seed = fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 7 }), seed, run), budget(150));
    expect(compared).toBeGreaterThan(50);
  });

  it('predict the same when kernels are measured', async () => {
    let measured = 0;
    for (let seed = 0; seed < 8; seed += 1) {
      const random = new Random(seed);
      const model = new ModelMaker(random).make(5);
      const inputs = inputsFor(model, 2, random);
      const expected = (await expectedOf(model, inputs)) ?? [];
      const before = tf.memory().numTensors;
      const sparse = await sparsify(model, { tune: true });
      const again = await sparsify(model, sparse.tuning === undefined ? {} : { tune: sparse.tuning });
      measured += Object.keys(sparse.tuning ?? {}).length;
      const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape));
      const tuned = await valuesOf(sparse.predict(tensors));
      compare(expected, tuned);
      expect(await valuesOf(again.predict(tensors))).toEqual(tuned);
      tf.dispose(tensors);
      for (const each of [sparse, again]) each.dispose();
      expect(tf.memory().numTensors).toBe(before);
      model.dispose();
    }
    expect(measured).toBeGreaterThan(3);
  });

  it('predict what tfjs predicts', async () => {
    const run = async (count: number, batch: number, seed: number) => {
      const random = new Random(seed);
      const model = new ModelMaker(random).make(count);
      let explained: unknown;
      const before = tf.memory().numTensors;
      try {
        const inputs = inputsFor(model, batch, random);
        const expected = await expectedOf(model, inputs);
        const sparse = await sparsify(model);
        if (expected === undefined) {
          const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape));
          expect(() => sparse.predict(tensors)).toThrow();
          tf.dispose(tensors);
          sparse.dispose();
          expect(tf.memory().numTensors).toBe(before);
          return;
        }
        explained = sparse.explain();
        const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape));
        const numTensors = tf.memory().numTensors;
        const got = await valuesOf(sparse.predict(tensors));
        expect(tf.memory().numTensors).toBe(numTensors);
        compare(expected, got);
        const later = await valuesOf(await sparse.predictAsync(tensors, { batchSize: random.integer(1, 4) }));
        compare(expected, later);
        await checkBare(model, inputs, expected, canBeBare(sparse));
        expect(tf.memory().numTensors).toBe(numTensors);
        tf.dispose(tensors);
        sparse.dispose();
        expect(tf.memory().numTensors).toBe(before);
      } catch (error) {
        if (error instanceof Error) error.message += summary(model) + JSON.stringify(explained, undefined, 1);
        throw error;
      } finally {
        model.dispose();
      }
    };
    const seed = fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 3 }),
      seed,
      run,
    );
    await fc.assert(property, budget(150));
  });
});

function summary(model: LayersModel): string {
  const lines = model.layers.map((layer) => {
    const calls = layer.inboundNodes.map(
      ({ outputShapes, inboundLayers }) => `[${outputShapes}] of ${inboundLayers.map(({ name }) => name)}`,
    );
    return `${layer.name} ${layer.getClassName()} ${calls.join('; ')}`;
  });
  return ['', ...lines, `outputs ${model.outputNames}`].join('\n');
}
