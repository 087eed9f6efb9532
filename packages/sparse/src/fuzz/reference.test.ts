import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { sizeOf } from '../graph/shape.js';
import { budget } from './budget.fixture.js';
import { compareWithReference } from './compare.fixture.js';
import { floats, inputOf } from './numbers.fixture.js';
import { Random } from './random.fixture.js';
import { operationKinds, randomOperation } from './random-operation.fixture.js';
import { tfjsOperation } from './tfjs-operation.fixture.js';

// The wasm backend of tfjs is wrong on some paddings, so it is no judge.
// What kernels are compared with is right only if it is what tfjs computes.
beforeAll(() => tf.setBackend('cpu'));

describe('the reference', () => {
  it.each(operationKinds)('agrees with tfjs on %s', async (kind) => {
    const axis = fc.integer({ min: 1, max: 9 });
    const image = fc.tuple(fc.integer({ min: 1, max: 2 }), axis, axis, axis);
    const seed = fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    let compared = 0;
    const run = async (shape: readonly number[], one: number) => {
      const random = new Random(one);
      const drawn = randomOperation(kind, shape, random, 'usual', 9);
      if (drawn === undefined) return;
      const inputs = [shape, ...drawn.others].map((size) => ({
        shape: size,
        values: floats(sizeOf(size), () => inputOf('usual', random)),
      }));
      const y = tf.tidy(() =>
        tfjsOperation(
          drawn.operation,
          inputs.map(({ values, shape: size }) => tf.tensor(values, [...size])),
        ),
      );
      if (y === undefined) return;
      compared += 1;
      const values = (await y.data()) as Float32Array;
      y.dispose();
      const ids = inputs.map((_, index) => index);
      const node = { name: kind, operation: drawn.operation, inputs: ids, output: ids.length };
      const graph = { nodes: [node], inputs: ids, outputs: [node.output] };
      compareWithReference(graph, inputs, [{ shape: y.shape, values }]);
    };
    await fc.assert(fc.asyncProperty(image, seed, run), budget(60));
    expect(compared).toBeGreaterThan(20);
  });
});
