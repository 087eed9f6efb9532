import { describe, expect, it } from 'vitest';
import type { Operation } from '../graph/operation.js';
import type { ImportedModel } from '../import/imported-model.js';
import { fuseActivation } from './fuse-activation.js';
import { fates, foreign, modelOf, operations, step } from './steps.fixture.js';

const { product, unbiased, depthwise, affine, add, relu, prelu, pool, softmax, sequence, flat } = operations;
const summary = ({ nodes }: ImportedModel) =>
  nodes.map((node) => {
    if (node.kind === 'foreign') return node.kind;
    const { operation } = node;
    return 'activation' in operation ? `${operation.kind} ${operation.activation.kind}` : operation.kind;
  });

describe('fuseActivation', () => {
  it.each<[Operation]>([[product], [unbiased], [depthwise], [affine], [add]])(
    'fuses into $kind',
    (operation) => {
      const model = fuseActivation(modelOf([step(operation, [0, 0], 1), step(prelu, [1], 2)], [2]));
      expect(model.nodes).toEqual([
        step({ ...operation, activation: prelu.activation } as Operation, [0, 0], 1),
      ]);
      expect(fates(model)).toEqual({ 'layer 1': 'native', 'layer 2': 'in layer 1' });
    },
  );

  it('fuses one alone', () => {
    const model = modelOf([step(product, [0], 1), step(relu, [1], 2), step(prelu, [2], 3)], [3]);
    expect(summary(fuseActivation(model))).toEqual(['product relu', 'activate prelu']);
  });

  it('fuses through reshapes, slopes per channel only where the channels stay', () => {
    const through = (reshape: Operation, activation: Operation) =>
      summary(
        fuseActivation(
          modelOf([step(unbiased, [0], 1), step(reshape, [1], 2), step(activation, [2], 3)], [3]),
        ),
      );
    expect(through(sequence, prelu)).toEqual(['convolution prelu', 'reshape']);
    expect(through(flat, prelu)).toEqual(['convolution linear', 'reshape', 'activate prelu']);
    expect(through(flat, relu)).toEqual(['convolution relu', 'reshape']);
  });

  it.each<[string, ImportedModel]>([
    [
      'what another node reads',
      modelOf([step(product, [0], 1), step(relu, [1], 2), step(add, [1, 2], 3)], [3]),
    ],
    [
      'what a step of tfjs reads',
      modelOf([step(product, [0], 1), step(relu, [1], 2), foreign([1], [3])], [2, 3]),
    ],
    ['what the model gives', modelOf([step(product, [0], 1), step(relu, [1], 2)], [2, 1])],
    ['pooling', modelOf([step(pool, [0], 1), step(relu, [1], 2)], [2])],
    ['softmax', modelOf([step(softmax, [0], 1), step(relu, [1], 2)], [2])],
    ['an input', modelOf([step(relu, [0], 1)], [1])],
  ])('leaves %s', (_, model) => {
    expect(fuseActivation(model)).toEqual(model);
  });
});
