import { describe, expect, it } from 'vitest';
import type { Activation } from '../graph/activation.js';
import type { Graph } from '../graph/graph.js';
import type { Operation } from '../graph/operation.js';
import { type FilterShape, Weights } from '../graph/weights.js';
import { unstructured } from '../kernels/unstructured.js';
import { Random } from './random.fixture.js';
import { runPoisoned } from './run-poisoned.fixture.js';

const activations: readonly Activation[] = [
  { kind: 'linear' },
  { kind: 'relu' },
  { kind: 'relu6' },
  { kind: 'leakyRelu', alpha: 0.1 },
  { kind: 'prelu', slopes: Float32Array.of(0.1, 0.2) },
  { kind: 'elu', alpha: 1 },
  { kind: 'sigmoid' },
  { kind: 'tanh' },
  { kind: 'swish' },
];
const square: FilterShape = [1, 1, 2, 2];
const linear: Activation = { kind: 'linear' };
const zeros: Operation = {
  kind: 'product',
  weights: new Weights(new Float32Array(4), square),
  activation: linear,
};

/** What a graph of operations in a row gives for [1, -1]: undefined when it is refused. */
function run(operations: readonly Operation[]): Float32Array | undefined {
  const nodes = operations.map((operation, index) => ({
    ...{ name: `${index}`, operation, inputs: [index], output: index + 1 },
  }));
  const graph: Graph = { nodes, inputs: [0], outputs: [operations.length] };
  const x = { shape: [1, 2], values: Float32Array.of(1, -1) };
  return runPoisoned(graph, [x], () => unstructured, new Random(1))?.[0]?.values;
}

/** Weights whose sums overflow for inputs that pass the scan. */
const overflowing = Float32Array.of(3e38, 1, 3e38, 1);

describe('what follows from weights that are not finite, times weights of zero', () => {
  it.each(activations)('is never 0 instead of NaN after $kind', (activation) => {
    const [one, nan, infinite] = [1, Number.NaN, Number.POSITIVE_INFINITY].map((value) =>
      Float32Array.of(value, 1),
    );
    const identity = new Weights(Float32Array.of(1, 0, 0, 1), square);
    const first: readonly Operation[] = [
      { kind: 'product', weights: identity, bias: nan, activation },
      { kind: 'product', weights: new Weights(Float32Array.of(Number.NaN, 0, 0, 1), square), activation },
      {
        kind: 'product',
        weights: new Weights(Float32Array.of(Infinity, 0, Infinity, 1), square),
        activation,
      },
      { kind: 'product', weights: new Weights(overflowing, square), activation },
      { kind: 'affine', scale: one, shift: nan, activation },
      { kind: 'affine', scale: nan, shift: one, activation },
      { kind: 'affine', scale: infinite, shift: one, activation },
    ] as readonly Operation[];
    for (const operation of first) expect(run([operation, zeros]), JSON.stringify(operation)).toBeUndefined();
  });

  it('is not in the way of weights that are finite', () => {
    for (const activation of activations) {
      const identity = new Weights(Float32Array.of(1, 0, 0, 1), square);
      expect(run([{ kind: 'product', weights: identity, activation }, zeros])).toEqual(new Float32Array(2));
    }
  });
});
