import { memory, mul, type Tensor } from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers as l,
  model as modelOf,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { type ChannelGroups, channelGroups } from './channel-groups.js';

const recurrentInitializer = 'glorotNormal';

const chain = (...layers: l.Layer[]): LayersModel => sequential({ layers });
const call = (layer: l.Layer, ...inputs: SymbolicTensor[]): SymbolicTensor =>
  layer.apply(inputs.length === 1 ? (inputs[0] as SymbolicTensor) : inputs) as SymbolicTensor;
const dense = (name: string, units: number, args: object = {}): l.Layer => l.dense({ name, units, ...args });
const conv = (name: string, filters: number, args: object = {}): l.Layer =>
  l.conv2d({ name, filters, kernelSize: 1, ...args });

/** A group in short: `producers` name their units' channels, `members` the channels along the axis of a weight. */
interface Summary {
  readonly name: string;
  readonly prunable: readonly number[];
  readonly producers: Readonly<Record<string, readonly number[]>>;
  readonly members: Readonly<Record<string, readonly number[]>>;
  readonly barriers: readonly string[];
}

const summaries = ({ groups }: ChannelGroups): Summary[] =>
  groups.map(({ name, prunable, producers, members, barriers }) => ({
    name,
    prunable,
    producers: Object.fromEntries(producers.map(({ layer, units }) => [layer, units])),
    members: Object.fromEntries(
      members.map(({ layer, weight, axis, role, channels }) => [
        `${layer} ${weight}[${axis}] ${role}`,
        channels,
      ]),
    ),
    barriers: barriers.map(({ layer, code }) => `${layer} ${code}`),
  }));

/** The groups whose channels can go, all or some. */
const prunable = (model: LayersModel): Summary[] =>
  summaries(channelGroups(model)).filter((group) => group.prunable.length > 0);

class Doubled extends l.Layer {
  static readonly className = 'Doubled';
  override call(inputs: Tensor | Tensor[]): Tensor {
    return mul([inputs].flat()[0] as Tensor, 2);
  }
}

it('gives the groups as data', () => {
  const model = chain(dense('hidden', 3, { inputShape: [2] }), dense('logits', 2, { activation: 'softmax' }));
  expect(channelGroups(model)).toEqual({
    parameters: 17,
    macs: 12,
    groups: [
      {
        name: 'hidden',
        channels: 3,
        prunable: [0, 1, 2],
        barriers: [],
        producers: [{ layer: 'hidden', units: [0, 1, 2] }],
        members: [
          { layer: 'hidden', weight: 'kernel', axis: 1, role: 'out', channels: [0, 1, 2] },
          { layer: 'hidden', weight: 'bias', axis: 0, role: 'out', channels: [0, 1, 2] },
          { layer: 'logits', weight: 'kernel', axis: 0, role: 'in', channels: [0, 1, 2] },
        ],
      },
      {
        name: 'logits',
        channels: 2,
        prunable: [],
        barriers: [
          { layer: 'logits', code: 'softmax', message: 'its softmax runs over these channels' },
          { layer: 'logits', code: 'model-output', message: "is the model's output" },
        ],
        producers: [{ layer: 'logits', units: [0, 1] }],
        members: [
          { layer: 'logits', weight: 'kernel', axis: 1, role: 'out', channels: [0, 1] },
          { layer: 'logits', weight: 'bias', axis: 0, role: 'out', channels: [0, 1] },
        ],
      },
    ],
  });
});

describe('follows channels', () => {
  it('through a flatten: channel c becomes s * C + c', () => {
    const model = chain(
      conv('conv', 2, { inputShape: [2, 2, 1], kernelSize: 2, padding: 'same' }),
      l.batchNormalization({ name: 'norm' }),
      l.maxPooling2d({ poolSize: [2, 1] }),
      l.flatten(),
      dense('logits', 3),
    );
    expect(prunable(model)).toEqual([
      {
        name: 'conv',
        prunable: [0, 1],
        producers: { conv: [0, 1] },
        members: {
          'conv kernel[3] out': [0, 1],
          'conv bias[0] out': [0, 1],
          'norm gamma[0] through': [0, 1],
          'norm beta[0] through': [0, 1],
          'norm moving_mean[0] through': [0, 1],
          'norm moving_variance[0] through': [0, 1],
          'logits kernel[0] in': [0, 1, 0, 1],
        },
        barriers: [],
      },
    ]);
  });

  it('through a permute and a flatten: channel c becomes c * S + s', () => {
    const model = chain(
      conv('conv', 2, { inputShape: [1, 3, 1] }),
      l.permute({ dims: [3, 1, 2] }),
      l.flatten(),
      dense('logits', 1),
    );
    expect(prunable(model)[0]?.members).toMatchObject({ 'logits kernel[0] in': [0, 0, 0, 1, 1, 1] });
  });

  it('through additions: what is added goes together', () => {
    const x = input({ shape: [4, 4, 1], name: 'image' });
    const a = call(conv('a', 3), x);
    const b = call(conv('b', 3), a);
    const sum = call(l.add({ name: 'sum' }), a, b);
    const model = modelOf({ inputs: x, outputs: call(conv('c', 1), sum) });
    expect(prunable(model)).toEqual([
      {
        name: 'a',
        prunable: [0, 1, 2],
        producers: { a: [0, 1, 2], b: [0, 1, 2] },
        members: {
          'a kernel[3] out': [0, 1, 2],
          'a bias[0] out': [0, 1, 2],
          'b kernel[2] in': [0, 1, 2],
          'b kernel[3] out': [0, 1, 2],
          'b bias[0] out': [0, 1, 2],
          'c kernel[2] in': [0, 1, 2],
        },
        barriers: [],
      },
    ]);
  });

  it('through concatenations: groups lie behind one another', () => {
    const x = input({ shape: [2], name: 'x' });
    const joined = call(l.concatenate(), call(dense('a', 2), x), call(dense('b', 1), x), x);
    const model = modelOf({ inputs: x, outputs: call(dense('logits', 2), joined) });
    expect(prunable(model).map(({ name, members }) => [name, members['logits kernel[0] in']])).toEqual([
      ['a', [0, 1, -1, -1, -1]],
      ['b', [-1, -1, 0, -1, -1]],
    ]);
  });

  it('through a depthwise convolution: an input goes with all of its outputs', () => {
    const model = chain(
      conv('conv', 2, { inputShape: [4, 4, 3] }),
      l.depthwiseConv2d({ name: 'depth', kernelSize: 2, depthMultiplier: 2 }),
      conv('next', 1),
    );
    expect(prunable(model)).toEqual([
      {
        name: 'conv',
        prunable: [0, 1],
        producers: { conv: [0, 1] },
        members: {
          'conv kernel[3] out': [0, 1],
          'conv bias[0] out': [0, 1],
          'depth depthwise_kernel[2] through': [0, 1],
          'depth bias[0] through': [0, 0, 1, 1],
          'next kernel[2] in': [0, 0, 1, 1],
        },
        barriers: [],
      },
    ]);
  });

  it('through a separable convolution: its inputs and its filters are groups of their own', () => {
    const model = chain(
      conv('conv', 2, { inputShape: [4, 4, 3] }),
      l.separableConv2d({ name: 'separable', filters: 3, kernelSize: 2 }),
      conv('next', 1),
    );
    expect(prunable(model).map(({ name, members }) => [name, members])).toEqual([
      [
        'conv',
        {
          'conv kernel[3] out': [0, 1],
          'conv bias[0] out': [0, 1],
          'separable depthwise_kernel[2] through': [0, 1],
          'separable pointwise_kernel[2] in': [0, 1],
        },
      ],
      [
        'separable',
        {
          'separable pointwise_kernel[3] out': [0, 1, 2],
          'separable bias[0] out': [0, 1, 2],
          'next kernel[2] in': [0, 1, 2],
        },
      ],
    ]);
  });

  it('through a transposed convolution, whose kernel is [..., out, in]', () => {
    const model = chain(
      conv('conv', 2, { inputShape: [4, 4, 3] }),
      l.conv2dTranspose({ name: 'up', filters: 3, kernelSize: 2 }),
      conv('next', 1),
    );
    expect(prunable(model).map(({ members }) => members)).toMatchObject([
      { 'up kernel[3] in': [0, 1] },
      { 'up kernel[2] out': [0, 1, 2], 'next kernel[2] in': [0, 1, 2] },
    ]);
  });

  it.each([
    ['lstm', l.lstm, [0, 1, 0, 1, 0, 1, 0, 1]],
    ['gru', l.gru, [0, 1, 0, 1, 0, 1]],
    ['simpleRNN', l.simpleRNN, [0, 1]],
  ] as const)(
    'through an %s: a unit is a column of every gate, and a row that it reads',
    (_, make, gates) => {
      const model = chain(
        make({ name: 'cells', units: 2, recurrentInitializer, inputShape: [5, 3] }),
        dense('logits', 1),
      );
      expect(prunable(model)).toEqual([
        {
          name: 'cells',
          prunable: [0, 1],
          producers: { cells: [0, 1] },
          members: {
            'cells kernel[1] out': gates,
            'cells recurrent_kernel[0] in': [0, 1],
            'cells recurrent_kernel[1] out': gates,
            'cells bias[0] out': gates,
            'logits kernel[0] in': [0, 1],
          },
          barriers: [],
        },
      ]);
    },
  );

  it('through both directions of a recurrent layer, which are one layer to a plan', () => {
    const model = chain(
      l.bidirectional({
        name: 'both',
        layer: l.gru({ units: 2, recurrentInitializer }) as l.RNN,
        mergeMode: 'concat',
        inputShape: [5, 3],
      }),
      dense('logits', 1),
    );
    const [group] = prunable(model);
    expect(group?.producers).toEqual({ both: [0, 1] });
    expect(group?.members['logits kernel[0] in']).toEqual([0, 1, 0, 1]);
  });

  it('out of an embedding, and through a layer at each time step', () => {
    const model = chain(
      l.embedding({ name: 'words', inputDim: 9, outputDim: 2, inputLength: 4 }),
      l.timeDistributed({ name: 'each', layer: l.dense({ units: 3 }) }),
      l.globalAveragePooling1d(),
      dense('logits', 1),
    );
    expect(prunable(model).map(({ name, members }) => [name, members])).toEqual([
      ['words', { 'words embeddings[1] out': [0, 1], 'each kernel[0] in': [0, 1] }],
      [
        'each',
        { 'each kernel[1] out': [0, 1, 2], 'each bias[0] out': [0, 1, 2], 'logits kernel[0] in': [0, 1, 2] },
      ],
    ]);
  });

  it('through a reshape from a dense layer: a channel is what is left of its units', () => {
    const model = chain(
      dense('dense', 8, { inputShape: [3] }),
      l.reshape({ targetShape: [2, 2, 2] }),
      conv('conv', 1),
    );
    expect(prunable(model)).toMatchObject([
      {
        prunable: [0, 1],
        producers: { dense: [0, 1, 0, 1, 0, 1, 0, 1] },
        members: { 'conv kernel[2] in': [0, 1] },
      },
    ]);
  });

  it('through a layer that is called twice', () => {
    const [a, b] = [input({ shape: [2], name: 'a' }), input({ shape: [2], name: 'b' })];
    const [left, right] = [dense('left', 3), dense('right', 3)];
    const shared = dense('shared', 2);
    const outputs = [call(shared, call(left, a)), call(shared, call(right, b))];
    const model = modelOf({
      inputs: [a, b],
      outputs: call(dense('logits', 1), call(l.concatenate(), ...outputs)),
    });
    expect(
      prunable(model).map(({ name, producers, members }) => [
        name,
        producers,
        members['logits kernel[0] in'],
      ]),
    ).toEqual([
      ['left', { left: [0, 1, 2], right: [0, 1, 2] }, undefined],
      ['shared', { shared: [0, 1] }, [0, 1, 0, 1]],
    ]);
  });

  it('into models inside models, whose layers have paths', () => {
    const inner = sequential({
      name: 'inner',
      layers: [dense('deep', 3, { inputShape: [2] }), dense('last', 2)],
    });
    const outer = sequential({ name: 'outer', layers: [inner, dense('after', 4)] });
    const model = chain(dense('first', 2, { inputShape: [5] }), outer, dense('logits', 1));
    expect(prunable(model).map(({ name, members }) => [name, Object.keys(members)])).toEqual([
      ['first', ['first kernel[1] out', 'first bias[0] out', 'outer/inner/deep kernel[0] in']],
      [
        'outer/inner/deep',
        ['outer/inner/deep kernel[1] out', 'outer/inner/deep bias[0] out', 'outer/inner/last kernel[0] in'],
      ],
      [
        'outer/inner/last',
        ['outer/inner/last kernel[1] out', 'outer/inner/last bias[0] out', 'outer/after kernel[0] in'],
      ],
      ['outer/after', ['outer/after kernel[1] out', 'outer/after bias[0] out', 'logits kernel[0] in']],
    ]);
  });

  it("into the model's inputs, when these are asked for", () => {
    const x = input({ shape: [3], name: 'features' });
    const model = modelOf({ inputs: x, outputs: call(dense('logits', 1), x) });
    expect(summaries(channelGroups(model)).map(({ name }) => name)).toEqual(['logits']);
    expect(summaries(channelGroups(model, { inputs: true }))[0]).toEqual({
      name: 'features',
      prunable: [0, 1, 2],
      producers: { features: [0, 1, 2] },
      members: { 'logits kernel[0] in': [0, 1, 2] },
      barriers: [],
    });
  });
});

describe('says what keeps channels', () => {
  const image = { inputShape: [4, 4, 2] };
  const x = () => input({ shape: [4, 4, 2], name: 'image' });
  const kept: readonly [string, () => LayersModel, readonly string[]][] = [
    ["the model's output", () => chain(dense('a', 2, { inputShape: [3] })), ['a model-output']],
    [
      "an addition to the model's input",
      () => {
        const image = x();
        const sum = call(l.add(), call(conv('a', 2), image), image);
        return modelOf({ inputs: image, outputs: call(conv('b', 1), sum) });
      },
      ['image model-input'],
    ],
    [
      'an output of the model on the way',
      () => {
        const image = x();
        const a = call(conv('a', 2), image);
        return modelOf({
          inputs: image,
          outputs: [call(conv('b', 1), a), call(l.reLU({ name: 'seen' }), a)],
        });
      },
      ['seen model-output'],
    ],
    [
      'a softmax layer',
      () => chain(dense('a', 2, { inputShape: [3] }), l.softmax({ name: 's' }), dense('b', 1)),
      ['s softmax'],
    ],
    [
      'a softmax activation',
      () => chain(conv('a', 2, { ...image, activation: 'softmax' }), conv('b', 1)),
      ['a softmax'],
    ],
    [
      'a softmax activation layer',
      () => chain(conv('a', 2, image), l.activation({ name: 's', activation: 'softmax' }), conv('b', 1)),
      ['s softmax'],
    ],
    [
      'layer normalization',
      () => chain(dense('a', 2, { inputShape: [3] }), l.layerNormalization({ name: 'n' }), dense('b', 1)),
      ['n normalized'],
    ],
    [
      'a convolution over channels',
      () => chain(conv('a', 2, image), l.permute({ dims: [1, 3, 2] }), conv('b', 1, { kernelSize: [1, 2] })),
      ['b mixed'],
    ],
    [
      'a pooling over channels',
      () =>
        chain(
          dense('a', 2, { inputShape: [4, 3] }),
          l.permute({ dims: [2, 1] }),
          l.globalAveragePooling1d({ name: 'mean' }),
          dense('b', 1),
        ),
      ['mean mixed'],
    ],
    [
      'a recurrent layer over channels',
      () =>
        chain(
          dense('a', 2, { inputShape: [4, 3] }),
          l.permute({ dims: [2, 1] }),
          l.gru({ name: 'steps', units: 1, recurrentInitializer }),
        ),
      ['steps mixed'],
    ],
    [
      'masking',
      () =>
        chain(
          dense('a', 2, { inputShape: [4, 3] }),
          l.masking({ name: 'mask' }),
          l.gru({ units: 1, recurrentInitializer }),
        ),
      ['mask masking'],
    ],
    [
      'indices',
      () =>
        chain(
          dense('a', 2, { inputShape: [3] }),
          l.embedding({ name: 'words', inputDim: 4, outputDim: 2, inputLength: 2 }),
          l.flatten(),
          dense('b', 1),
        ),
      ['words indices'],
    ],
    [
      'a layer of a class that has no rule',
      () => chain(dense('a', 2, { inputShape: [3] }), new Doubled({ name: 'doubled' }), dense('b', 1)),
      ['doubled unknown-layer'],
    ],
    [
      'a channel that is repeated for those of another tensor',
      () => {
        const image = x();
        const gate = call(conv('a', 1), image);
        const gated = call(l.multiply({ name: 'gated' }), gate, call(conv('wide', 3), image));
        return modelOf({ inputs: image, outputs: call(conv('b', 1), gated) });
      },
      ['gated broadcast'],
    ],
  ];
  it.each(kept)('%s', (_, make, expected) => {
    const group = summaries(channelGroups(make())).find(({ name }) => name === 'a');
    expect(group).toMatchObject({ prunable: [], barriers: expected });
  });

  it('of a group, when only some of them are held', () => {
    const x = input({ shape: [2], name: 'x' });
    const joined = call(l.concatenate(), call(dense('a', 2), x), x);
    const sum = call(l.add(), joined, call(dense('b', 4), x));
    const model = modelOf({ inputs: x, outputs: call(dense('logits', 1), sum) });
    expect(summaries(channelGroups(model))[0]).toMatchObject({
      name: 'a',
      prunable: [0, 1],
      producers: { a: [0, 1], b: [0, 1, 2, 3] },
      barriers: ['x model-input'],
    });
  });
});

describe('counts', () => {
  const only = (layer: l.Layer) => chain(layer);
  const dot = () => {
    const [a, b] = [input({ shape: [4, 2] }), input({ shape: [3, 2] })];
    return modelOf({ inputs: [a, b], outputs: call(l.dot({ axes: 2 }), a, b) });
  };
  const twice = () => {
    const [a, b] = [input({ shape: [2] }), input({ shape: [2] })];
    const shared = dense('shared', 3);
    return modelOf({ inputs: [a, b], outputs: call(l.add(), call(shared, a), call(shared, b)) });
  };
  it.each<[string, () => LayersModel, number, number]>([
    [
      'LeNet-300-100',
      () => chain(dense('a', 300, { inputShape: [784] }), dense('b', 100), dense('c', 10)),
      266_610,
      266_200,
    ],
    [
      'LeNet-5',
      () =>
        chain(
          l.conv2d({ filters: 20, kernelSize: 5, inputShape: [28, 28, 1] }),
          l.maxPooling2d({ poolSize: 2 }),
          l.conv2d({ filters: 50, kernelSize: 5 }),
          l.maxPooling2d({ poolSize: 2 }),
          l.flatten(),
          dense('a', 500),
          dense('b', 10),
        ),
      431_080,
      2_293_000,
    ],
    ['dense at each of 4 steps', () => only(dense('a', 3, { inputShape: [4, 2] })), 9, 24],
    ['conv1d', () => only(l.conv1d({ filters: 3, kernelSize: 2, inputShape: [5, 2] })), 15, 48],
    [
      'strided conv2d',
      () => only(conv('a', 3, { kernelSize: 2, strides: 2, inputShape: [4, 4, 2] })),
      27,
      96,
    ],
    ['conv3d', () => only(l.conv3d({ filters: 3, kernelSize: 2, inputShape: [3, 3, 3, 2] })), 51, 384],
    [
      'conv2dTranspose',
      () => only(l.conv2dTranspose({ filters: 3, kernelSize: 2, inputShape: [4, 4, 2] })),
      27,
      384,
    ],
    [
      'depthwise',
      () => only(l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, inputShape: [4, 4, 2] })),
      40,
      144,
    ],
    [
      'separable',
      () => only(l.separableConv2d({ filters: 3, kernelSize: 2, inputShape: [4, 4, 2] })),
      17,
      126,
    ],
    ['lstm', () => only(l.lstm({ units: 2, recurrentInitializer, inputShape: [5, 3] })), 48, 200],
    [
      'bidirectional gru',
      () => {
        const layer = l.gru({ units: 2, recurrentInitializer }) as l.RNN;
        return only(l.bidirectional({ layer, mergeMode: 'concat', inputShape: [5, 3] }));
      },
      72,
      300,
    ],
    [
      'time distributed',
      () => only(l.timeDistributed({ layer: l.dense({ units: 3 }), inputShape: [4, 2] })),
      9,
      24,
    ],
    ['embedding', () => only(l.embedding({ inputDim: 9, outputDim: 2, inputLength: 4 })), 18, 0],
    ['dot', dot, 0, 24],
    ['a layer that is called twice', twice, 9, 12],
  ])('the parameters and multiply-adds of %s', (_, make, parameters, macs) => {
    const model = make();
    expect(channelGroups(model)).toMatchObject({ parameters, macs });
    expect(model.countParams()).toBe(parameters);
  });
});

it('computes nothing', () => {
  const model = chain(conv('a', 2, { inputShape: [4, 4, 2] }), l.flatten(), dense('b', 1));
  const { numTensors, numDataBuffers } = memory();
  channelGroups(model);
  expect(memory()).toMatchObject({ numTensors, numDataBuffers });
});

it('takes what is cropped of an open size for open', () => {
  const image = input({ shape: [null, null, 1] });
  const cropping: [[number, number], [number, number]] = [
    [0, 1],
    [1, 0],
  ];
  const cropped = call(l.cropping2D({ cropping }), call(conv('a', 2, { kernelSize: 1 }), image));
  const outputs = call(dense('b', 1), call(l.reshape({ targetShape: [3, 4] }), cropped));
  const model = modelOf({ inputs: image, outputs });
  const [group] = channelGroups(model).groups;
  expect(group?.prunable).toEqual([]);
  expect(group?.barriers).toMatchObject([{ code: 'reshaped' }]);
});
