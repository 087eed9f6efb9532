import { zeros } from '@tensorflow/tfjs-core';
import { input, layers, type Shape } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { type Layer, PruningError, prunableWeights, registerPrunable, variablesOf } from './index.js';

function built<T extends Layer>(layer: T, shape: number[]): T {
  layer.apply(input({ shape }));
  return layer;
}

const recurrentInitializer = 'glorotNormal' as const;

describe('prunableWeights', () => {
  const {
    dense,
    conv1d,
    conv2d,
    conv3d,
    conv2dTranspose,
    conv3dTranspose,
    separableConv2d,
    depthwiseConv2d,
  } = layers;
  it.each<[Layer, number[], string[]]>([
    [dense({ name: 'l', units: 2 }), [3], ['l/kernel dense l/bias']],
    [dense({ name: 'l', units: 2, useBias: false }), [3], ['l/kernel dense']],
    [conv1d({ name: 'l', filters: 2, kernelSize: 1 }), [3, 2], ['l/kernel conv l/bias']],
    [conv2d({ name: 'l', filters: 2, kernelSize: 1 }), [3, 3, 2], ['l/kernel conv l/bias']],
    [conv3d({ name: 'l', filters: 2, kernelSize: 1 }), [3, 3, 3, 2], ['l/kernel conv l/bias']],
    [
      conv2dTranspose({ name: 'l', filters: 2, kernelSize: 1 }),
      [3, 3, 2],
      ['l/kernel conv-transpose l/bias'],
    ],
    [
      conv3dTranspose({ name: 'l', filters: 2, kernelSize: 1 }) as Layer,
      [3, 3, 3, 2],
      ['l/kernel conv-transpose l/bias'],
    ],
    [
      separableConv2d({ name: 'l', filters: 2, kernelSize: 1 }),
      [3, 3, 2],
      ['l/pointwise_kernel conv l/bias'],
    ],
    [depthwiseConv2d({ name: 'l', kernelSize: 1 }), [3, 3, 2], []],
    [layers.embedding({ name: 'l', inputDim: 3, outputDim: 2 }), [3], ['l/embeddings embedding']],
    [
      layers.simpleRNN({ name: 'l', units: 2, recurrentInitializer }),
      [3, 2],
      ['l/kernel recurrent', 'l/recurrent_kernel recurrent'],
    ],
    [layers.batchNormalization({ name: 'l' }), [3], []],
    [layers.layerNormalization({ name: 'l' }), [3], []],
    [layers.prelu({ name: 'l' }), [3], []],
    [layers.flatten({ name: 'l' }), [3, 3], []],
  ])('%#: %o', (layer, shape, expected) => {
    const found = prunableWeights(built(layer, shape)).map(({ variable, kind, bias }) =>
      [variable.originalName, kind, ...(bias === undefined ? [] : [bias.originalName])].join(' '),
    );
    expect(found).toEqual(expected);
  });

  it('stays the same when the layer is frozen', () => {
    const layer = built(layers.gru({ name: 'g', units: 2, recurrentInitializer }), [3, 2]);
    const before = [prunableWeights(layer), variablesOf(layer)];
    layer.trainable = false;
    expect([prunableWeights(layer), variablesOf(layer)]).toEqual(before);
  });
});

class Twice extends layers.Layer {
  static readonly className: string = 'Twice';
  override build(shape: Shape | Shape[]): void {
    const initializer = { apply: (size: number[]) => zeros(size) } as never;
    this.addWeight('left', [2, 3], 'float32', initializer);
    this.addWeight('right', [2, 3], 'float32', initializer);
    super.build(shape);
  }
}

describe('registerPrunable', () => {
  it('tells what can be pruned in a custom layer', () => {
    const rule = (layer: Layer) => [{ variable: variablesOf(layer)[1] as never, kind: 'dense' as const }];
    registerPrunable('Twice', rule);
    registerPrunable('Twice', rule);
    const [only, ...others] = prunableWeights(built(new Twice({ name: 'twice' }), [2]));
    expect(only).toMatchObject({ variable: { originalName: 'twice/right' }, kind: 'dense' });
    expect(others).toEqual([]);
  });

  it.each(['Dense', 'LSTM', 'Twice'])('refuses %s, which has a rule', (className) => {
    expect(() => registerPrunable(className, () => [])).toThrow(
      expect.objectContaining({ name: 'PruningError', option: 'className', value: className }),
    );
  });

  it('throws an error that any copy of the package knows', () => {
    const error = Object.assign(new Error(), { [Symbol.for('secateur.PruningError')]: true });
    expect(PruningError.isInstance(error)).toBe(true);
    expect(PruningError.isInstance(new Error())).toBe(false);
    expect(PruningError.isInstance(null)).toBe(false);
  });
});
