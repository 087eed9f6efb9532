import * as tf from '@tensorflow/tfjs-core';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { layersOf } from './layer-paths.fixture.js';
import { quietTfjs } from './quiet-tfjs.fixture.js';
import { build, recipe } from './random-model.fixture.js';

const classes = Object.entries(tf.serialization.SerializationMap.getMap().classNameMap)
  .filter(([, [cls]]) => cls.prototype instanceof layers.Layer)
  .map(([name]) => name);

describe('random models', () => {
  quietTfjs();

  const counts = new Map<string, number>();
  let depth = 0;
  let leftOver = 0;

  beforeAll(() => {
    const { numTensors } = tf.memory();
    for (const one of fc.sample(recipe(), { numRuns: 1000, seed: 1 })) {
      const built = build(one);
      const met = layersOf(built.model).map(({ layer }) => layer.getClassName());
      for (const name of new Set([built.model.getClassName(), ...met])) {
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      depth = Math.max(depth, ...built.model.outputs.map((output) => depthOf(output)));
      built.dispose();
    }
    leftOver = tf.memory().numTensors - numTensors;
  });

  it.each(classes)('have %s among their layers', (name) => {
    expect(counts.get(name) ?? 0).toBeGreaterThan(5);
  });

  it('are deep', () => {
    expect(depth).toBeGreaterThanOrEqual(12);
  });

  it('leave no tensors behind', () => {
    expect(leftOver).toBe(0);
  });

  it('are the same for the same recipe', async () => {
    for (const one of fc.sample(recipe(), { numRuns: 20, seed: 2 })) {
      const [a, b] = [build(one), build(one)];
      expect(a.model.toJSON(null, false)).toEqual(b.model.toJSON(null, false));
      for (const [index, weight] of a.model.weights.entries()) {
        expect(await b.model.weights[index]?.read().data()).toEqual(await weight.read().data());
      }
      a.dispose();
      b.dispose();
    }
  });
});

/** How many layers lie on the longest way to a tensor. */
function depthOf(tensor: SymbolicTensor, known: Map<SymbolicTensor, number> = new Map()): number {
  const found = known.get(tensor);
  if (found !== undefined) return found;
  known.set(tensor, 0);
  const inputs = tensor.sourceLayer.inboundNodes[tensor.nodeIndex]?.inputTensors ?? [];
  const depth = 1 + Math.max(0, ...inputs.map((input) => depthOf(input, known)));
  known.set(tensor, depth);
  return depth;
}
