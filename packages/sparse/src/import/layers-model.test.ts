import { pruneLowMagnitude } from '@secateur/layers';
import {
  add,
  dispose,
  floor,
  memory,
  randomUniform,
  serialization,
  type Tensor,
} from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers as l,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { exampleInputs, modelCases } from '../../../../testing/model-cases.js';
import { optimize } from '../passes/optimize.js';
import type { ImportedModel } from './imported-model.js';
import type { Values } from './interpret.fixture.js';
import { interpretModel, relativeError } from './interpret-model.fixture.js';
import { importLayersModel, type LayersModelLike } from './layers-model.js';

async function predicted(target: LayersModel, inputs: Tensor[]): Promise<Values[]> {
  const outputs = [target.predict(inputs)].flat();
  const values = await Promise.all(
    outputs.map(async (output) => ({ shape: output.shape, values: Float64Array.from(await output.data()) })),
  );
  dispose(outputs);
  return values;
}

async function errorOf(target: LayersModel, imported: ImportedModel, inputs: Tensor[]): Promise<number> {
  const expected = await predicted(target, inputs);
  const actual = await interpretModel(imported, inputs);
  expect(actual.length).toBe(expected.length);
  return Math.max(...expected.map((values, index) => relativeError(actual[index] as Values, values)));
}

/** What tfjs predicts comes out before and after the passes, and no tensor is left. Gives the imported model. */
async function checked(target: LayersModel, inputs: Tensor[] = signedInputs(target)): Promise<ImportedModel> {
  const before = memory().numTensors;
  const imported = await importLayersModel(target);
  expect(await errorOf(target, imported, inputs)).toBeLessThan(2e-6);
  expect(await errorOf(target, optimize(imported), inputs)).toBeLessThan(1e-5);
  expect(memory().numTensors).toBe(before);
  dispose(inputs);
  return imported;
}

/** Batches of 3 around zero; open sizes become 7. */
function signedInputs(target: LayersModel): Tensor[] {
  return target.inputs.map(({ shape }, index) =>
    randomUniform([3, ...shape.slice(1).map((size) => size ?? 7)], -1.5, 1.5, 'float32', 7 + index),
  );
}

/** Random weights, none of them special; variances are positive. */
function randomized(target: LayersModel): LayersModel {
  const values = target.weights.map(({ shape, originalName }, index) =>
    randomUniform(shape as number[], /variance/.test(originalName) ? 0.2 : -1, 1, 'float32', index + 1),
  );
  target.setWeights(values);
  dispose(values);
  return target;
}

const kindsOf = ({ nodes }: ImportedModel) =>
  nodes.map((node) => (node.kind === 'native' ? node.operation.kind : `tfjs ${node.name}`));
const call = (layer: l.Layer, ...inputs: SymbolicTensor[]) =>
  layer.apply(inputs.length === 1 ? (inputs[0] as SymbolicTensor) : inputs) as SymbolicTensor;

describe.each(modelCases)('a model: $name', ({ make }) => {
  it('gives what tfjs gives', async () => {
    const target = make();
    await checked(target, exampleInputs(target));
    target.dispose();
  });
});

const conv = (options: Partial<Parameters<typeof l.conv2d>[0]>) =>
  l.conv2d({ filters: 3, kernelSize: 3, biasInitializer: 'randomNormal', ...options });
const depthwise = (options: Partial<Parameters<typeof l.depthwiseConv2d>[0]>) =>
  l.depthwiseConv2d({ kernelSize: 3, biasInitializer: 'randomNormal', ...options });
const separable = (options: Partial<Parameters<typeof l.separableConv2d>[0]>) =>
  l.separableConv2d({ filters: 3, kernelSize: 3, biasInitializer: 'randomNormal', ...options });
const conv1d = (options: Partial<Parameters<typeof l.conv1d>[0]>) =>
  l.conv1d({ filters: 3, kernelSize: 3, biasInitializer: 'randomNormal', ...options });

const images = [8, 7, 2];
const sequences = [9, 2];
const convolutions = ['reshape', 'convolution', 'reshape'];
const pooled = ['reshape', 'pool', 'reshape'];

describe.each<[name: string, layer: () => l.Layer, inputShape: (number | null)[], kinds: string[]]>([
  ['dense', () => l.dense({ units: 3 }), [4], ['product']],
  ['dense without bias', () => l.dense({ units: 3, useBias: false }), [4], ['product']],
  ['dense on sequences', () => l.dense({ units: 3, activation: 'tanh' }), [5, 4], ['product']],
  ['dense on images', () => l.dense({ units: 3, activation: 'softmax' }), images, ['product', 'softmax']],
  ...(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'tanh', 'swish'] as const).map(
    (activation): [string, () => l.Layer, number[], string[]] => [
      `dense with ${activation}`,
      () => l.dense({ units: 3, activation }),
      [4],
      ['product'],
    ],
  ),
  ['dense with softplus', () => l.dense({ units: 3, activation: 'softplus' }), [4], ['tfjs layer']],
  ['conv', () => conv({}), images, ['convolution']],
  ['conv without bias', () => conv({ useBias: false }), images, ['convolution']],
  ['conv with strides', () => conv({ strides: [2, 1], padding: 'same' }), images, ['convolution']],
  ['conv with one stride', () => conv({ strides: 3, padding: 'valid' }), images, ['convolution']],
  ['conv with dilations', () => conv({ dilationRate: [2, 1], padding: 'same' }), images, ['convolution']],
  ['conv of 2 x 1', () => conv({ kernelSize: [2, 1], activation: 'relu' }), images, ['convolution']],
  [
    'conv of 4 x 4, same',
    () => conv({ kernelSize: 4, strides: 2, padding: 'same' }),
    images,
    ['convolution'],
  ],
  ['conv with softmax', () => conv({ activation: 'softmax' }), images, ['convolution', 'softmax']],
  ['conv on images of any size', () => conv({ padding: 'same' }), [null, null, 2], ['convolution']],
  ['depthwise', () => depthwise({ strides: 2, activation: 'relu6' }), images, ['depthwise']],
  [
    'depthwise with a multiplier',
    () => depthwise({ depthMultiplier: 3, padding: 'same' }),
    images,
    ['depthwise'],
  ],
  ['depthwise, whose dilation tfjs ignores', () => depthwise({ dilationRate: 2 }), images, ['depthwise']],
  ['depthwise without bias', () => depthwise({ useBias: false }), images, ['depthwise']],
  [
    'separable',
    () => separable({ padding: 'same', activation: 'elu' }),
    images,
    ['depthwise', 'convolution'],
  ],
  [
    'separable with a multiplier',
    () => separable({ depthMultiplier: 2, strides: 2 }),
    images,
    ['depthwise', 'convolution'],
  ],
  [
    'separable with dilations',
    () => separable({ dilationRate: 2, useBias: false }),
    images,
    ['depthwise', 'convolution'],
  ],
  ['conv1d', () => conv1d({}), sequences, convolutions],
  [
    'conv1d with strides',
    () => conv1d({ strides: 2, padding: 'same', activation: 'relu' }),
    sequences,
    convolutions,
  ],
  ['conv1d with dilation', () => conv1d({ dilationRate: 2, kernelSize: 2 }), sequences, convolutions],
  ['conv1d with softmax', () => conv1d({ activation: 'softmax' }), sequences, [...convolutions, 'softmax']],
  ['conv1d on any length', () => conv1d({}), [null, 2], ['tfjs layer']],
  ['batch norm', () => l.batchNormalization(), images, ['affine']],
  ['batch norm of vectors', () => l.batchNormalization({ epsilon: 0.1 }), [5], ['affine']],
  ['batch norm of sequences', () => l.batchNormalization({ axis: 2 }), sequences, ['affine']],
  ['batch norm without scale', () => l.batchNormalization({ scale: false }), images, ['affine']],
  ['batch norm without center', () => l.batchNormalization({ center: false }), images, ['affine']],
  ['batch norm along rows', () => l.batchNormalization({ axis: 1 }), images, ['tfjs layer']],
  ['relu', () => l.reLU(), images, ['activate']],
  ['relu up to 6', () => l.reLU({ maxValue: 6 }), images, ['activate']],
  ['relu up to 1', () => l.reLU({ maxValue: 1 }), images, ['tfjs layer']],
  ['leaky relu', () => l.leakyReLU({ alpha: 0.13 }), images, ['activate']],
  ['leaky relu of its own slope', () => l.leakyReLU(), images, ['activate']],
  ['prelu per channel', () => l.prelu({ sharedAxes: [1, 2] }), images, ['activate']],
  ['prelu of vectors', () => l.prelu(), [5], ['activate']],
  ['prelu of one slope', () => l.prelu({ sharedAxes: [1, 2, 3] }), images, ['activate']],
  ['prelu per position', () => l.prelu(), images, ['tfjs layer']],
  ['elu', () => l.elu(), images, ['activate']],
  ['thresholded relu', () => l.thresholdedReLU({ theta: 0.3 }), images, ['tfjs layer']],
  ['softmax', () => l.softmax(), [5], ['softmax']],
  ['softmax over the last axis', () => l.softmax({ axis: -1 }), images, ['softmax']],
  ['activation', () => l.activation({ activation: 'sigmoid' }), images, ['activate']],
  ['linear activation', () => l.activation({ activation: 'linear' }), images, []],
  ['softmax activation', () => l.activation({ activation: 'softmax' }), images, ['softmax']],
  ['mish activation', () => l.activation({ activation: 'mish' as never }), images, ['tfjs layer']],
  ['dropout', () => l.dropout({ rate: 0.5 }), images, []],
  ['spatial dropout', () => l.spatialDropout1d({ rate: 0.5 }), sequences, []],
  ['noise', () => l.gaussianNoise({ stddev: 1 }), images, []],
  ['gaussian dropout', () => l.gaussianDropout({ rate: 0.5 }), images, []],
  ['alpha dropout', () => l.alphaDropout({ rate: 0.5 }), images, []],
  ['max pooling', () => l.maxPooling2d({ poolSize: 3, strides: 2 }), images, ['pool']],
  [
    'max pooling, same',
    () => l.maxPooling2d({ poolSize: [3, 2], strides: 2, padding: 'same' }),
    images,
    ['pool'],
  ],
  ['average pooling', () => l.averagePooling2d({ poolSize: 2 }), images, ['pool']],
  [
    'average pooling, same',
    () => l.averagePooling2d({ poolSize: 3, strides: [2, 1], padding: 'same' }),
    images,
    ['pool'],
  ],
  ['max pooling 1D', () => l.maxPooling1d({ poolSize: 2 }), sequences, pooled],
  [
    'average pooling 1D, same',
    () => l.averagePooling1d({ poolSize: 3, strides: 2, padding: 'same' }),
    sequences,
    pooled,
  ],
  ['global average pooling', () => l.globalAveragePooling2d({}), images, ['globalPool']],
  ['global max pooling', () => l.globalMaxPooling2d({}), [null, null, 3], ['globalPool']],
  ['global average pooling 1D', () => l.globalAveragePooling1d(), [null, 3], ['globalPool']],
  ['global max pooling 1D', () => l.globalMaxPooling1d(), sequences, ['globalPool']],
  ['flatten', () => l.flatten(), images, ['reshape']],
  ['reshape', () => l.reshape({ targetShape: [4, 28] }), images, ['reshape']],
  ['reshape with an open size', () => l.reshape({ targetShape: [4, -1, 2] }), images, ['reshape']],
  [
    'zero padding',
    () =>
      l.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
    images,
    ['pad'],
  ],
  ['zero padding of one size', () => l.zeroPadding2d({ padding: 2 }), images, ['pad']],
  ['zero padding by default', () => l.zeroPadding2d(), images, ['pad']],
  [
    'time distributed dense',
    () => l.timeDistributed({ layer: l.dense({ units: 3, activation: 'relu' }) }),
    [5, 4],
    ['product'],
  ],
  ['time distributed conv', () => l.timeDistributed({ layer: conv({}) }), [2, 4, 4, 1], ['tfjs layer']],
  ['transposed convolution', () => l.conv2dTranspose({ filters: 2, kernelSize: 2 }), images, ['tfjs layer']],
  ['channels first', () => l.globalAveragePooling2d({ dataFormat: 'channelsFirst' }), images, ['tfjs layer']],
  ['permute', () => l.permute({ dims: [2, 1] }), sequences, ['tfjs layer']],
])('%s', (_, make, inputShape, kinds) => {
  it('gives what tfjs gives', async () => {
    const layer = make();
    layer.name = 'layer';
    const x = input({ shape: inputShape });
    const target = randomized(model({ inputs: x, outputs: call(layer, x) }));
    expect(kindsOf(await checked(target))).toEqual(kinds);
    target.dispose();
  });
});

describe.each<[name: string, merge: () => l.Layer, shapes: number[][], kinds: string[]]>([
  [
    'add',
    () => l.add(),
    [
      [4, 3, 2],
      [4, 3, 2],
    ],
    ['binary'],
  ],
  ['add three', () => l.add(), [[5], [5], [5]], ['binary', 'binary']],
  [
    'multiply with a vector per image',
    () => l.multiply(),
    [
      [4, 3, 2],
      [1, 1, 2],
    ],
    ['binary'],
  ],
  [
    'multiply a vector per image',
    () => l.multiply(),
    [
      [1, 1, 2],
      [4, 3, 2],
    ],
    ['binary'],
  ],
  [
    'maximum',
    () => l.maximum(),
    [
      [4, 2],
      [4, 2],
      [1, 2],
    ],
    ['binary', 'binary'],
  ],
  ['minimum', () => l.minimum(), [[4], [4]], ['binary']],
  [
    'average',
    () => l.average(),
    [
      [4, 2],
      [4, 2],
      [4, 2],
    ],
    ['binary', 'binary', 'affine'],
  ],
  [
    'add other broadcasts',
    () => l.add(),
    [
      [4, 3, 2],
      [4, 1, 2],
    ],
    ['tfjs layer'],
  ],
  ['add other ranks', () => l.add(), [[4, 2], [2]], ['tfjs layer']],
  [
    'concatenate',
    () => l.concatenate(),
    [
      [4, 3, 2],
      [4, 3, 1],
      [4, 3, 3],
    ],
    ['concatenate'],
  ],
  [
    'concatenate along the last axis by number',
    () => l.concatenate({ axis: 3 }),
    [
      [4, 3, 2],
      [4, 3, 1],
    ],
    ['concatenate'],
  ],
  [
    'concatenate rows',
    () => l.concatenate({ axis: 1 }),
    [
      [4, 3],
      [2, 3],
    ],
    ['tfjs layer'],
  ],
])('%s', (_, make, shapes, kinds) => {
  it('gives what tfjs gives', async () => {
    const layer = make();
    layer.name = 'layer';
    const inputs = shapes.map((shape) => input({ shape }));
    const target = model({ inputs, outputs: call(layer, ...inputs) });
    expect(kindsOf(await checked(target))).toEqual(kinds);
  });
});

describe('importLayersModel', () => {
  it('takes models and layers of tfjs-layers without a cast', () => {
    const accepts = (target: LayersModelLike) => target.layers.length;
    expect(accepts(sequential({ layers: [l.flatten({ inputShape: [2, 2] })] }))).toBe(1);
  });

  it('shares the weights of shared layers, and names their calls', async () => {
    const [a, b] = [input({ shape: [3], name: 'a' }), input({ shape: [3], name: 'b' })];
    const tower = l.dense({ units: 4, name: 'tower' });
    const target = model({ inputs: [a, b], outputs: [call(tower, a), call(tower, b)] });
    const { nodes, inputs, outputs, layers } = await checked(target);
    const products = nodes.flatMap((node) =>
      node.kind === 'native' && node.operation.kind === 'product' ? [node.operation] : [],
    );
    expect(products.length).toBe(2);
    expect(products[0]?.weights).toBe(products[1]?.weights);
    expect(nodes.map(({ name }) => name)).toEqual(['tower', 'tower (call 2)']);
    expect(inputs.map(({ name, shape, dtype }) => [name, shape, dtype])).toEqual([
      ['a', [null, 3], 'float32'],
      ['b', [null, 3], 'float32'],
    ]);
    expect(new Set(outputs).size).toBe(2);
    expect(layers.map(({ name, className, fate }) => [name, className, fate.kind])).toEqual([
      ['a', 'InputLayer', 'none'],
      ['b', 'InputLayer', 'none'],
      ['tower', 'Dense', 'native'],
    ]);
  });

  it('names layers of nested models after the models', async () => {
    const inner = sequential({
      name: 'inner',
      layers: [l.dense({ units: 3, inputShape: [3], name: 'dense' })],
    });
    const x = input({ shape: [3] });
    const target = model({ inputs: x, outputs: call(inner, call(l.dense({ units: 3, name: 'dense' }), x)) });
    expect((await checked(target)).layers.map(({ name }) => name).slice(1)).toEqual(['dense', 'inner/dense']);
  });

  it('copies the weights: training on changes nothing', async () => {
    const target = sequential({ layers: [l.dense({ units: 2, inputShape: [3] })] });
    const inputs = signedInputs(target);
    const expected = await predicted(target, inputs);
    const imported = await importLayersModel(target);
    randomized(target);
    const actual = await interpretModel(imported, inputs);
    expect(relativeError(actual[0] as Values, expected[0] as Values)).toBeLessThan(2e-6);
    dispose(inputs);
  });

  it('gives inputs as outputs, and outputs twice', async () => {
    const x = input({ shape: [3] });
    const y = call(l.dense({ units: 2 }), x);
    const dropped = call(l.dropout({ rate: 0.5 }), x);
    const { inputs, outputs } = await checked(
      model({ inputs: x, outputs: [dropped, y, call(l.dropout({ rate: 0.1 }), y)] }),
    );
    expect(outputs[0]).toBe(inputs[0]?.id);
    expect(outputs[2]).toBe(outputs[1]);
  });

  it('runs wrapped layers as what they wrap', async () => {
    const target = sequential({
      layers: [
        l.conv2d({ filters: 2, kernelSize: 3, inputShape: [5, 5, 1], activation: 'relu' }),
        l.flatten(),
        l.dense({ units: 2 }),
      ],
    });
    const schedule = { at: () => ({ update: false, sparsity: 0 }) };
    const wrapped = pruneLowMagnitude(target, { schedule });
    expect(kindsOf(await checked(wrapped))).toEqual(['convolution', 'reshape', 'product']);
    const recurrent = sequential({
      layers: [
        l.simpleRNN({ units: 2, inputShape: [4, 2], recurrentInitializer: 'glorotNormal', name: 'rnn' }),
        l.dense({ units: 1 }),
      ],
    });
    expect(kindsOf(await checked(pruneLowMagnitude(recurrent, { schedule })))).toEqual([
      'tfjs rnn',
      'product',
    ]);
  });

  it('takes whole numbers as tfjs does', async () => {
    const x = input({ shape: [4], dtype: 'int32' });
    const y = call(
      l.embedding({ inputDim: 7, outputDim: 3, name: 'embedding' }),
      call(l.dropout({ rate: 0.5, name: 'dropout' }), x),
    );
    const target = model({ inputs: x, outputs: call(l.dense({ units: 2 }), y) });
    const inputs = [randomUniform([2, 4], 0, 7, 'int32', 3)];
    expect(kindsOf(await checked(target, inputs))).toEqual(['tfjs dropout', 'tfjs embedding', 'product']);
  });
});

describe('classes of users', () => {
  const Dense = l.dense({ units: 1 }).constructor as new (args: { units: number; name: string }) => l.Layer;

  class Derived extends Dense {
    override call(inputs: Tensor | Tensor[], kwargs: Parameters<l.Layer['call']>[1]): Tensor | Tensor[] {
      return add(super.call(inputs, kwargs) as Tensor, 1);
    }
  }
  class Named extends Derived {
    static readonly className = 'Named';
  }
  class Impostor extends Derived {
    static readonly className = 'Dense';
  }
  const plain = () => {
    const layer = new Dense({ units: 2, name: 'layer' });
    const { call: inner } = layer;
    layer.call = (inputs, kwargs) => add(inner.call(layer, inputs, kwargs) as Tensor, 1);
    return layer;
  };

  it.each<[string, () => l.Layer]>([
    ['one that inherits its name', () => new Derived({ units: 2, name: 'layer' })],
    ['one with a name of its own', () => new Named({ units: 2, name: 'layer' })],
    ['a layer with a call of its own', plain],
  ])('%s is left to tfjs', async (_, make) => {
    const x = input({ shape: [3] });
    expect(kindsOf(await checked(model({ inputs: x, outputs: call(make(), x) })))).toEqual(['tfjs layer']);
  });

  it('one registered under the name of tfjs is left to tfjs', async () => {
    const map = serialization.SerializationMap.getMap().classNameMap;
    const original = map.Dense as (typeof map)[string];
    serialization.registerClass(Impostor as never);
    try {
      const x = input({ shape: [3] });
      const target = model({ inputs: x, outputs: call(new Impostor({ units: 2, name: 'layer' }), x) });
      expect(kindsOf(await checked(target))).toEqual(['tfjs layer']);
    } finally {
      map.Dense = original;
    }
  });

  it('an activation of their own is left to tfjs', async () => {
    const layer = l.dense({ units: 2, name: 'layer' });
    const activation: object = Reflect.get(layer, 'activation');
    Object.assign(activation, { apply: (x: Tensor) => add(x, 1) });
    const x = input({ shape: [3] });
    expect(kindsOf(await checked(model({ inputs: x, outputs: call(layer, x) })))).toEqual(['tfjs layer']);
  });
});

describe('masks', () => {
  const recurrentInitializer = 'glorotNormal';
  const embedding = (name = 'embedding') => l.embedding({ inputDim: 5, outputDim: 3, maskZero: true, name });
  const lstm = (name: string, returnSequences: boolean) =>
    l.lstm({ units: 3, returnSequences, recurrentInitializer, name });
  const words = () => [floor(randomUniform([3, 6], 0, 5, 'float32', 5))];

  it.each<[string, l.Layer[], string[]]>([
    ['reach recurrent layers', [lstm('lstm', false)], ['tfjs embedding', 'tfjs lstm']],
    [
      'go on through layers of ours',
      [
        l.dense({ units: 3, activation: 'relu' }),
        l.dropout({ rate: 0.5 }),
        lstm('lstm', false),
        l.dense({ units: 2 }),
      ],
      ['tfjs embedding', 'product', 'tfjs lstm', 'product'],
    ],
    [
      'go on through layers of tfjs',
      [l.layerNormalization({ name: 'norm' }), lstm('first', true), lstm('second', false)],
      ['tfjs embedding', 'tfjs norm', 'tfjs first', 'tfjs second'],
    ],
    [
      'are dropped by layers that ignore them',
      [l.globalAveragePooling1d()],
      ['tfjs embedding', 'globalPool'],
    ],
  ])('%s', async (_, layers, kinds) => {
    const x = input({ shape: [6] });
    const target = model({
      inputs: x,
      outputs: layers.reduce((y, layer) => call(layer, y), call(embedding(), x)),
    });
    expect(kindsOf(await checked(target, words()))).toEqual(kinds);
  });

  it('of a masking layer reach recurrent layers', async () => {
    const target = sequential({
      layers: [l.masking({ maskValue: 0, inputShape: [4, 2], name: 'masking' }), lstm('lstm', false)],
    });
    const x = floor(randomUniform([3, 4, 2], 0, 1.5, 'float32', 3));
    expect(kindsOf(await checked(target, [x]))).toEqual(['tfjs masking', 'tfjs lstm']);
  });

  it('that tfjs hands to other branches are left to tfjs', async () => {
    const [x, other] = [input({ shape: [6] }), input({ shape: [6, 2] })];
    const outputs = [call(lstm('masked', false), call(embedding(), x)), call(lstm('other', false), other)];
    const target = model({ inputs: [x, other], outputs, name: 'both' });
    expect(
      kindsOf(await checked(target, [...words(), randomUniform([3, 6, 2], -1, 1, 'float32', 6)])),
    ).toEqual(['tfjs both']);
  });

  it('that go into nested models are left to tfjs', async () => {
    const inner = sequential({ layers: [l.lstm({ units: 2, recurrentInitializer, inputShape: [6, 3] })] });
    const x = input({ shape: [6] });
    const target = model({ inputs: x, outputs: call(inner, call(embedding(), x)), name: 'outer' });
    expect(kindsOf(await checked(target, words()))).toEqual(['tfjs outer']);
  });
});
