import { describe, expect, it } from 'vitest';
import type { Operation } from '../graph/operation.js';
import type { ImportedModel } from '../import/imported-model.js';
import { fuseSwish } from './fuse-swish.js';
import { optimize } from './optimize.js';
import { fates, modelOf, operations, step } from './steps.fixture.js';

const { product, relu } = operations;
const sigmoid: Operation = { kind: 'activate', activation: { kind: 'sigmoid' } };
const swish: Operation = { kind: 'activate', activation: { kind: 'swish' } };
const multiply: Operation = { kind: 'binary', operator: 'multiply', activation: { kind: 'linear' } };

describe('fuseSwish', () => {
  it.each([[[0, 1]], [[1, 0]]])('fuses the factors %j', (factors) => {
    const model = fuseSwish(modelOf([step(sigmoid, [0], 1), step(multiply, factors, 2)], [2]));
    expect(model.nodes).toEqual([step(swish, [0], 2)]);
    expect(fates(model)).toEqual({ 'layer 1': 'in layer 2', 'layer 2': 'native' });
  });

  it('makes it part of a product', () => {
    const model = optimize(
      modelOf([step(product, [0], 1), step(sigmoid, [1], 2), step(multiply, [1, 2], 3)], [3]),
    );
    expect(model.nodes).toEqual([step({ ...product, activation: { kind: 'swish' } }, [0], 1)]);
  });

  it.each<[string, ImportedModel]>([
    [
      'a gate of something else',
      modelOf([step(relu, [0], 1), step(sigmoid, [1], 2), step(multiply, [0, 2], 3)], [3]),
    ],
    ['a gate that the model gives', modelOf([step(sigmoid, [0], 1), step(multiply, [0, 1], 2)], [2, 1])],
    ['another activation', modelOf([step(relu, [0], 1), step(multiply, [0, 1], 2)], [2])],
    ['a sum', modelOf([step(sigmoid, [0], 1), step(operations.add, [0, 1], 2)], [2])],
    ['a square of a gate', modelOf([step(sigmoid, [0], 1), step(multiply, [1, 1], 2)], [2])],
  ])('leaves %s', (_, model) => {
    expect(fuseSwish(model)).toEqual(model);
  });
});
