import '@tensorflow/tfjs-backend-cpu';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budget } from './fuzz/budget.fixture.js';
import { compareValues, mostOf } from './fuzz/compare.fixture.js';
import { floats, spoil } from './fuzz/numbers.fixture.js';
import { Random } from './fuzz/random.fixture.js';
import { GraphMaker } from './fuzz/random-graph-model.fixture.js';
import { sizeOf } from './graph/shape.js';
import { loadGraph } from './import/graph-model.fixture.js';
import { sparsify } from './sparsify.js';

interface Values {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

async function valuesOf(outputs: tf.Tensor[], kept: ReadonlySet<tf.Tensor> = new Set()): Promise<Values[]> {
  const values = await Promise.all(
    outputs.map(async (output) => ({
      shape: output.shape,
      values: (await output.data<'float32'>()).slice(),
    })),
  );
  tf.dispose(outputs.filter((output) => !kept.has(output)));
  return values;
}

/** What tfjs computes on its cpu backend. */
async function expectedOf(model: GraphModel, inputs: readonly Values[]): Promise<Values[]> {
  const backend = tf.getBackend();
  await tf.setBackend('cpu');
  try {
    const tensors = inputs.map(({ values, shape }) => tf.tensor(values, [...shape]));
    const outputs = [model.predict(tensors)].flat() as tf.Tensor[];
    const result = await valuesOf(outputs, new Set(tensors));
    tf.dispose(tensors);
    return result;
  } finally {
    await tf.setBackend(backend);
  }
}

function compare(expected: readonly Values[], got: readonly Values[]): void {
  expect(got.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  expected.forEach(({ values }, index) => {
    compareValues(values, got[index]?.values ?? [], 3e-5 * Math.max(1e-3, mostOf(values)), `output ${index}`);
  });
}

describe('random graph models', () => {
  it.each([
    ['predict what tfjs predicts', false],
    ['pass NaN and infinities as tfjs does', true],
  ])('%s', async (_, isSpoilt) => {
    let judged = 0;
    const run = async (count: number, batch: number, seed: number) => {
      const random = new Random(seed);
      const { spec, shapes } = new GraphMaker(random, batch).make(count);
      // The max pooling of tfjs's cpu backend leaves out NaN.
      if (isSpoilt && Object.values(spec.nodes).some(({ op }) => op === 'MaxPool')) return;
      let explained: unknown;
      const model = await loadGraph(spec);
      try {
        const before = tf.memory().numTensors;
        // tfjs orders inputs as it likes.
        const byName = new Map(
          Object.keys(spec.placeholders).map((name, index) => [name, shapes[index] ?? []]),
        );
        const inputs = model.inputs.map(({ name }) => {
          const shape = byName.get(name) ?? [];
          return { shape, values: floats(sizeOf(shape), () => 3 * random.next() - 1.5) };
        });
        if (isSpoilt) spoil(random.pick(inputs).values, random);
        const expected = await expectedOf(model, inputs);
        const sparse = await sparsify(model);
        const rows = sparse.explain();
        explained = rows;
        // The wasm backend of tfjs is wrong on some products and convolutions, and has ways of its own with NaN.
        const isJudged =
          tf.getBackend() === 'cpu' ||
          rows.every(
            ({ runs, className }) => runs !== 'tfjs' || !(isSpoilt || /Conv|MatMul|Pool/i.test(className)),
          );
        if (isJudged) judged += 1;
        const tensors = inputs.map(({ values, shape }) => tf.tensor(values, [...shape]));
        const numTensors = tf.memory().numTensors;
        const got = await valuesOf([sparse.predict(tensors)].flat() as tf.Tensor[]);
        compare(isJudged ? expected : got, got);
        compare(got, await valuesOf([await sparse.predictAsync(tensors)].flat() as tf.Tensor[]));
        expect(tf.memory().numTensors).toBe(numTensors);
        tf.dispose(tensors);
        sparse.dispose();
        expect(tf.memory().numTensors).toBe(before);
      } catch (error) {
        const nodes = Object.entries(spec.nodes).map((node) => JSON.stringify(node));
        const constants = Object.entries(spec.constants ?? {}).map(
          ([name, { shape, values }]) => `${name} [${shape}] ${values.slice(0, 9)}`,
        );
        if (error instanceof Error) {
          error.message += [
            `\n${JSON.stringify(spec.placeholders)}`,
            ...nodes,
            ...constants,
            JSON.stringify(explained),
          ].join('\n');
        }
        throw error;
      } finally {
        model.dispose();
      }
    };
    const seed = fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 3 }),
      seed,
      run,
    );
    await fc.assert(property, budget(150));
    expect(judged).toBeGreaterThan(30);
  });
});
