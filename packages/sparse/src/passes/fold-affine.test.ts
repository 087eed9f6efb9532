import { describe, expect, it } from 'vitest';
import type { Operation } from '../graph/operation.js';
import type { ImportedModel } from '../import/imported-model.js';
import { foldAffine } from './fold-affine.js';
import { fates, foreign, modelOf, operations, step } from './steps.fixture.js';

const { product, unbiased, depthwise, affine, relu, sequence, flat, add } = operations;
const kinds = ({ nodes }: ImportedModel) =>
  nodes.map((node) => (node.kind === 'native' ? node.operation.kind : node.kind));

const folded = (operation: Operation) => {
  const model = foldAffine(modelOf([step(operation, [0], 1), step(affine, [1], 2)], [2]));
  expect(model.outputs).toEqual([1]);
  expect(fates(model)).toEqual({ 'layer 1': 'native', 'layer 2': 'in layer 1' });
  const [node] = model.nodes;
  return node?.kind === 'native' ? node.operation : undefined;
};

describe('foldAffine', () => {
  it('folds into a product', () => {
    expect(folded(product)).toMatchObject({
      kind: 'product',
      weights: { values: Float32Array.of(2, -0, -4, -9), nonZeros: 3 },
      bias: Float32Array.of(25, -53),
    });
  });

  it('folds into a convolution without bias', () => {
    expect(folded(unbiased)).toMatchObject({
      kind: 'convolution',
      weights: { values: Float32Array.of(2, -0, -4, -9) },
      bias: Float32Array.of(5, 7),
    });
  });

  it('folds into a depthwise convolution', () => {
    expect(folded(depthwise)).toMatchObject({
      filter: Float32Array.of(2, -6, 6, -12),
      bias: Float32Array.of(7, 4),
    });
  });

  it('folds into another affine step', () => {
    expect(folded(affine)).toMatchObject({ scale: Float32Array.of(4, 9), shift: Float32Array.of(15, -14) });
  });

  it('rounds once', () => {
    const [a, b, c] = [0.1, 0.7, -0.0123].map(Math.fround) as [number, number, number];
    const step1 = { ...affine, scale: Float32Array.of(a, a), shift: Float32Array.of(b, b) };
    const model = foldAffine(
      modelOf(
        [
          step(step1, [0], 1),
          step({ ...affine, scale: Float32Array.of(b, c), shift: Float32Array.of(c, a) }, [1], 2),
        ],
        [2],
      ),
    );
    expect(model.nodes[0]).toMatchObject({
      operation: { scale: Float32Array.of(a * b, a * c), shift: Float32Array.of(b * b + c, b * c + a) },
    });
  });

  it('leaves weights as they are where it only shifts', () => {
    const bias = { ...affine, scale: Float32Array.of(1, 1) };
    const { nodes } = foldAffine(modelOf([step(unbiased, [0], 1), step(bias, [1], 2)], [2]));
    expect(nodes).toMatchObject([
      { operation: { weights: { values: unbiased.weights.values }, bias: bias.shift } },
    ]);
  });

  it('folds a row of them', () => {
    const model = modelOf(
      [step(product, [0], 1), step(affine, [1], 2), step(affine, [2], 3), step(relu, [3], 4)],
      [4],
    );
    expect(kinds(foldAffine(model))).toEqual(['product', 'activate']);
  });

  it('folds through reshapes that keep the channels, and through no others', () => {
    const through = (reshape: Operation) =>
      kinds(foldAffine(modelOf([step(unbiased, [0], 1), step(reshape, [1], 2), step(affine, [2], 3)], [3])));
    expect(through(sequence)).toEqual(['convolution', 'reshape']);
    expect(through(flat)).toEqual(['convolution', 'reshape', 'affine']);
  });

  it.each<[string, ImportedModel]>([
    [
      'what another node reads',
      modelOf([step(product, [0], 1), step(affine, [1], 2), step(add, [1, 2], 3)], [3]),
    ],
    [
      'what a step of tfjs reads',
      modelOf([step(product, [0], 1), step(affine, [1], 2), foreign([1], [3])], [2, 3]),
    ],
    ['what the model gives', modelOf([step(product, [0], 1), step(affine, [1], 2)], [1, 2])],
    [
      'what has an activation',
      modelOf([step({ ...product, activation: { kind: 'relu' } }, [0], 1), step(affine, [1], 2)], [2]),
    ],
    ['what is activated', modelOf([step(product, [0], 1), step(relu, [1], 2), step(affine, [2], 3)], [3])],
    ['an input', modelOf([step(affine, [0], 1)], [1])],
    ['a sum', modelOf([step(add, [0, 0], 1), step(affine, [1], 2)], [2])],
    ['what tfjs makes', modelOf([foreign([0], [1]), step(affine, [1], 2)], [2])],
  ])('leaves %s', (_, model) => {
    expect(foldAffine(model)).toEqual(model);
  });
});
