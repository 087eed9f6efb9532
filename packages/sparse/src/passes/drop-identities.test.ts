import { describe, expect, it } from 'vitest';
import type { Operation } from '../graph/operation.js';
import { dropIdentities } from './drop-identities.js';
import { fates, modelOf, operations, step } from './steps.fixture.js';

const { product, affine, pad, sequence, image, flat, relu } = operations;
const zeros = { ...pad, top: 0, bottom: 0, left: 0, right: 0 };
const ones = { ...affine, scale: Float32Array.of(1, 1), shift: Float32Array.of(0, -0) };

describe('dropIdentities', () => {
  it.each<[Operation]>([[{ kind: 'activate', activation: { kind: 'linear' } }], [zeros], [ones]])(
    'drops $kind',
    (operation) => {
      const model = dropIdentities(
        modelOf([step(product, [0], 1), step(operation, [1], 2), step(relu, [2], 3)], [3, 2]),
      );
      expect(model.nodes).toEqual([step(product, [0], 1), step(relu, [1], 3)]);
      expect(model.outputs).toEqual([3, 1]);
      expect(fates(model)['layer 2']).toBe('in layer 1');
    },
  );

  it('gives an input where only identities follow it', () => {
    const model = dropIdentities(modelOf([step(zeros, [0], 1), step(ones, [1], 2)], [2]));
    expect([model.nodes, model.outputs]).toEqual([[], [0]]);
    expect(fates(model)).toEqual({ 'layer 1': 'none', 'layer 2': 'none' });
  });

  it('keeps the last of several reshapes, and those that others read', () => {
    const reshapes = [step(sequence, [0], 1), step(image, [1], 2), step(flat, [2], 3)];
    expect(dropIdentities(modelOf(reshapes, [3])).nodes).toEqual([step(flat, [0], 3)]);
    expect(dropIdentities(modelOf(reshapes, [3, 1])).nodes).toEqual([
      step(sequence, [0], 1),
      step(flat, [0], 3),
    ]);
  });

  it.each<[Operation]>([[affine], [{ ...ones, activation: { kind: 'relu' } }], [{ ...zeros, right: 1 }]])(
    'leaves %o',
    (operation) => {
      const model = modelOf([step(operation, [0], 1)], [1]);
      expect(dropIdentities(model)).toEqual(model);
    },
  );
});
