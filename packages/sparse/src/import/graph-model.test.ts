import type { GraphModel } from '@tensorflow/tfjs-converter';
import { deregisterOp, registerOp } from '@tensorflow/tfjs-converter';
import { add, dispose, memory, randomUniform, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { optimize } from '../passes/optimize.js';
import {
  type Attribute,
  type ConstantSpec,
  type GraphNodeSpec,
  type GraphSpec,
  loadGraph,
} from './graph-model.fixture.js';
import { type GraphModelLike, importGraphModel } from './graph-model.js';
import type { ImportedModel } from './imported-model.js';
import type { Values } from './interpret.fixture.js';
import { interpretModel, relativeError } from './interpret-model.fixture.js';

/** Numbers that differ, between -1 and 1. */
const numbers = (count: number, seed = 1) =>
  Array.from({ length: count }, (_, index) => Math.sin(7 * seed + 3.7 * index));
const floats = (...shape: number[]): ConstantSpec => ({
  shape,
  values: numbers(
    shape.reduce((product, size) => product * size, 1),
    shape.length,
  ),
});
const positive = (...shape: number[]): ConstantSpec => {
  const { values } = floats(...shape);
  return { shape, values: values.map((value) => 0.2 + Math.abs(value)) };
};
const ints = (values: readonly number[], shape: readonly number[] = [values.length]): ConstantSpec => ({
  shape,
  values,
  dtype: 'int32',
});
const scalar = (value: number): ConstantSpec => ({ shape: [], values: [value] });

async function executed(model: GraphModel, inputs: Tensor[], isAsync: boolean): Promise<Values[]> {
  const named = Object.fromEntries(model.inputNodes.map((name, index) => [name, inputs[index] as Tensor]));
  const outputs = isAsync
    ? await model.executeAsync(named, model.outputNodes)
    : model.execute(named, model.outputNodes);
  const values = await Promise.all(
    [outputs]
      .flat()
      .map(async (output) => ({ shape: output.shape, values: Float64Array.from(await output.data()) })),
  );
  const weights = new Set(Object.values(model.weights).flat());
  dispose([outputs].flat().filter((output) => !weights.has(output) && !inputs.includes(output)));
  return values;
}

/** tfjs's results come out before and after the passes, and no tensor is left. Gives the imported model. */
async function checked(spec: GraphSpec, { isAsync = false, batch = 2 } = {}): Promise<ImportedModel> {
  const model = await loadGraph(spec);
  const inputs = model.inputs.map(({ shape = [] }, index) =>
    randomUniform(
      shape.map((size) => (size < 0 ? batch : size)),
      -1.5,
      1.5,
      'float32',
      index + 1,
    ),
  );
  const before = memory().numTensors;
  const imported = await importGraphModel(model);
  const expected = await executed(model, inputs, isAsync);
  for (const [variant, bound] of [
    [imported, 2e-6],
    [optimize(imported), 1e-5],
  ] as const) {
    const actual = await interpretModel(variant, inputs);
    expect(actual.length).toBe(expected.length);
    const errors = expected.map((values, index) => relativeError(actual[index] as Values, values));
    expect(Math.max(...errors)).toBeLessThan(bound);
  }
  expect(memory().numTensors).toBe(before);
  dispose(inputs);
  model.dispose();
  return imported;
}

const kindsOf = ({ nodes }: ImportedModel) =>
  nodes.map((node) => (node.kind === 'native' ? node.operation.kind : `tfjs ${node.layers.join(' ')}`));

const nhwc: Record<string, Attribute> = { data_format: { text: 'NHWC' } };
const window = (
  options: {
    strides?: number[];
    padding?: string;
    dilations?: number[];
    explicit?: number[];
    ksize?: number[];
  } = {},
): Record<string, Attribute> => ({
  ...nhwc,
  strides: { ints: options.strides ?? [1, 1, 1, 1] },
  dilations: { ints: options.dilations ?? [1, 1, 1, 1] },
  padding: { text: options.padding ?? 'SAME' },
  ...(options.explicit && { explicit_paddings: { ints: options.explicit } }),
  ...(options.ksize && { ksize: { ints: options.ksize } }),
});
const fused = (...ops: string[]): Record<string, Attribute> => ({
  fused_ops: { texts: ops },
  num_args: { int: ops.includes('Prelu') ? 2 : ops.length === 0 ? 0 : 1 },
});

const images = [-1, 6, 5, 3];
const activations = ['Relu', 'Relu6', 'Elu', 'LeakyRelu', 'Sigmoid'];

interface Case {
  readonly name: string;
  readonly shape?: number[];
  readonly constants?: Record<string, ConstantSpec>;
  readonly node: GraphNodeSpec;
  readonly kinds: string[];
}

const convolution = (
  name: string,
  attributes: Record<string, Attribute>,
  size: [number, number] = [3, 2],
): Case => ({
  name,
  constants: { w: floats(...size, 3, 4) },
  node: { op: 'Conv2D', inputs: ['x', 'w'], attributes },
  kinds: ['convolution'],
});
const depthwise = (name: string, attributes: Record<string, Attribute>, multiplier = 1): Case => ({
  name,
  constants: { w: floats(2, 3, 3, multiplier) },
  node: { op: 'DepthwiseConv2dNative', inputs: ['x', 'w'], attributes },
  kinds: ['depthwise'],
});
const withFused = (
  op: '_FusedConv2D' | 'FusedDepthwiseConv2dNative' | '_FusedMatMul',
  ops: string[],
  kind: string,
): Case => ({
  name: `${op} with ${ops.join(' and ') || 'nothing'}`,
  ...(op === '_FusedMatMul' && { shape: [-1, 3] }),
  constants: {
    w: op === '_FusedMatMul' ? floats(3, 4) : op === '_FusedConv2D' ? floats(2, 2, 3, 4) : floats(2, 2, 3, 2),
    b: floats(op === 'FusedDepthwiseConv2dNative' ? 6 : 4),
    slopes: floats(op === 'FusedDepthwiseConv2dNative' ? 6 : 4),
  },
  node: {
    op,
    inputs: ['x', 'w', ...(ops.length > 0 ? ['b'] : []), ...(ops.includes('Prelu') ? ['slopes'] : [])],
    attributes: {
      ...(op === '_FusedMatMul' ? {} : window()),
      ...fused(...ops),
      leakyrelu_alpha: { float: 0.3 },
    },
  },
  kinds: [kind],
});
const withConstant = (
  name: string,
  op: string,
  constant: ConstantSpec,
  kinds: string[],
  isFirst = false,
): Case => ({
  name,
  constants: { c: constant },
  node: { op, inputs: isFirst ? ['c', 'x'] : ['x', 'c'] },
  kinds,
});
const unary = (
  op: string,
  kinds: string[],
  attributes: Record<string, Attribute> = {},
  shape = images,
): Case => ({
  name: op,
  shape,
  node: { op, inputs: ['x'], attributes },
  kinds,
});
const norm = (op: string): Case => ({
  name: op,
  constants: { scale: floats(3), offset: floats(3), mean: floats(3), variance: positive(3) },
  node: {
    op,
    inputs: ['x', 'scale', 'offset', 'mean', 'variance'],
    attributes: { epsilon: { float: 0.01 }, ...nhwc },
  },
  kinds: ['affine'],
});
const reduction = (op: string, axes: number[], keepDims: boolean, kinds: string[], shape = images): Case => ({
  name: `${op} over ${axes}${keepDims ? ', kept' : ''}`,
  shape,
  constants: { axes: ints(axes) },
  node: { op, inputs: ['x', 'axes'], attributes: { keep_dims: { bool: keepDims } } },
  kinds,
});
const padding = (name: string, values: number[], kinds: string[]): Case => ({
  name,
  constants: { p: ints(values, [values.length / 2, 2]) },
  node: { op: 'Pad', inputs: ['x', 'p'] },
  kinds,
});
const foreign = ['tfjs node'];

const cases: Case[] = [
  convolution('convolution', window()),
  convolution('convolution, valid', window({ padding: 'VALID', strides: [1, 2, 1, 1] })),
  convolution('convolution with strides', window({ strides: [1, 2, 3, 1] })),
  convolution('convolution with dilations', window({ dilations: [1, 2, 1, 1] })),
  convolution(
    'convolution with explicit padding',
    window({ padding: 'EXPLICIT', explicit: [0, 0, 1, 2, 0, 3, 0, 0], strides: [1, 2, 2, 1] }),
  ),
  convolution('pointwise convolution', window(), [1, 1]),
  depthwise('depthwise', window()),
  depthwise('depthwise with a multiplier', window({ strides: [1, 2, 2, 1], padding: 'VALID' }), 2),
  depthwise('depthwise with dilations', window({ dilations: [1, 2, 2, 1] })),
  ...['_FusedConv2D', 'FusedDepthwiseConv2dNative', '_FusedMatMul'].flatMap((op) => {
    const kind = { _FusedConv2D: 'convolution', _FusedMatMul: 'product' }[op] ?? 'depthwise';
    const make = (...ops: string[]) => withFused(op as Parameters<typeof withFused>[0], ops, kind);
    const made = activations.filter((each) => op !== 'FusedDepthwiseConv2dNative' || each !== 'LeakyRelu');
    return [make('BiasAdd'), ...made.map((each) => make('BiasAdd', each)), make('BiasAdd', 'Prelu')];
  }),
  withFused('_FusedConv2D', [], 'convolution'),
  {
    name: 'product',
    shape: [-1, 3],
    constants: { w: floats(3, 5) },
    node: { op: 'MatMul', inputs: ['x', 'w'] },
    kinds: ['product'],
  },
  {
    name: 'product with a transposed matrix',
    shape: [-1, 3],
    constants: { w: floats(5, 3) },
    node: { op: 'MatMul', inputs: ['x', 'w'], attributes: { transpose_b: { bool: true } } },
    kinds: ['product'],
  },
  {
    name: 'product of a transposed matrix',
    shape: [3, 2],
    constants: { w: floats(3, 5) },
    node: { op: 'MatMul', inputs: ['x', 'w'], attributes: { transpose_a: { bool: true } } },
    kinds: foreign,
  },
  {
    name: 'product with a constant on the left',
    shape: [3, 2],
    constants: { w: floats(4, 3) },
    node: { op: 'MatMul', inputs: ['w', 'x'] },
    kinds: foreign,
  },
  {
    name: 'product of sequences',
    shape: [-1, 4, 3],
    constants: { w: floats(3, 5) },
    node: { op: 'BatchMatMulV2', inputs: ['x', 'w'] },
    kinds: ['product'],
  },
  withConstant('bias', 'BiasAdd', floats(3), ['affine']),
  withConstant('sum with a vector', 'AddV2', floats(3), ['affine']),
  withConstant('sum with a vector of all axes', 'Add', floats(1, 1, 1, 3), ['affine'], true),
  withConstant('sum with a number', 'AddV2', scalar(0.3), ['affine']),
  withConstant('sum with a row', 'AddV2', floats(5, 1), foreign),
  withConstant('sum with an image', 'AddV2', floats(6, 5, 3), foreign),
  withConstant('sum with more axes', 'AddV2', floats(1, 1, 1, 1, 3), foreign),
  withConstant('product with a vector', 'Mul', floats(3), ['affine']),
  withConstant('product with a number', 'Mul', scalar(-2), ['affine'], true),
  withConstant('difference with a vector', 'Sub', floats(3), ['affine']),
  withConstant('difference from a vector', 'Sub', floats(3), ['affine'], true),
  withConstant('quotient by a vector', 'RealDiv', positive(3), ['affine']),
  withConstant('quotient of a vector', 'RealDiv', floats(3), foreign, true),
  withConstant('maximum with a number', 'Maximum', scalar(0.1), foreign),
  norm('FusedBatchNorm'),
  norm('FusedBatchNormV2'),
  norm('FusedBatchNormV3'),
  ...['Relu', 'Relu6', 'Elu', 'Sigmoid', 'Tanh'].map((op) => unary(op, ['activate'])),
  unary('LeakyRelu', ['activate'], { alpha: { float: 0.15 } }),
  withConstant('Prelu', 'Prelu', floats(3), ['activate']),
  withConstant('Prelu per position', 'Prelu', floats(6, 5, 3), foreign),
  unary('Softmax', ['softmax'], {}, [-1, 4]),
  unary('Softplus', foreign),
  unary('MaxPool', ['pool'], window({ ksize: [1, 2, 3, 1], strides: [1, 2, 2, 1] })),
  unary('AvgPool', ['pool'], window({ ksize: [1, 3, 3, 1], padding: 'VALID' })),
  unary('AvgPool', ['pool'], window({ ksize: [1, 3, 2, 1], strides: [1, 2, 1, 1] })),
  reduction('Mean', [1, 2], false, ['globalPool']),
  reduction('Mean', [-2, 1], true, ['globalPool']),
  reduction('Max', [2, 1], true, ['globalPool']),
  reduction('Mean', [1], false, ['globalPool'], [-1, 4, 3]),
  reduction('Mean', [1], false, foreign),
  reduction('Mean', [1, 2, 3], false, foreign),
  padding('padding', [0, 0, 1, 2, 3, 0, 0, 0], ['pad']),
  padding('padding of channels', [0, 0, 1, 2, 3, 0, 0, 1], foreign),
  {
    name: 'padding with zeros',
    constants: { p: ints([0, 0, 1, 1, 1, 1, 0, 0], [4, 2]), zero: scalar(0) },
    node: { op: 'PadV2', inputs: ['x', 'p', 'zero'] },
    kinds: ['pad'],
  },
  {
    name: 'padding with ones',
    constants: { p: ints([0, 0, 1, 1, 1, 1, 0, 0], [4, 2]), one: scalar(1) },
    node: { op: 'PadV2', inputs: ['x', 'p', 'one'] },
    kinds: foreign,
  },
  withConstant('reshape', 'Reshape', ints([-1, 90]), ['reshape']),
  withConstant('reshape into rows', 'Reshape', ints([2, 5, -1]), ['reshape']),
  unary('Squeeze', ['reshape'], { squeeze_dims: { ints: [1, -2] } }, [-1, 1, 1, 4]),
  withConstant('a new axis', 'ExpandDims', ints([1], []), ['reshape']),
  withConstant('a new axis from behind', 'ExpandDims', ints([-2], []), ['reshape']),
  {
    name: 'concatenation',
    constants: { a: ints([3], []) },
    node: { op: 'ConcatV2', inputs: ['x', 'x', 'a'], attributes: { N: { int: 2 } } },
    kinds: ['concatenate'],
  },
  {
    name: 'concatenation of rows',
    constants: { a: ints([1], []) },
    node: { op: 'ConcatV2', inputs: ['x', 'x', 'a'], attributes: { N: { int: 2 } } },
    kinds: foreign,
  },
  ...['AddV2', 'Mul', 'Sub', 'Maximum', 'Minimum'].map(
    (op): Case => ({ name: `${op} of two`, node: { op, inputs: ['x', 'x'] }, kinds: ['binary'] }),
  ),
  { name: 'AddN', node: { op: 'AddN', inputs: ['x', 'x', 'x'] }, kinds: ['binary', 'binary'] },
  ...['Identity', 'StopGradient', 'Snapshot'].map((op) => unary(op, [])),
  unary('Transpose', foreign),
];

describe.each(cases)('$name', ({ shape = images, constants = {}, node, kinds }) => {
  const constant: Record<string, ConstantSpec> =
    node.op === 'Transpose' ? { perm: ints([0, 2, 1, 3]) } : constants;
  const inputs = [...(node.inputs ?? []), ...(node.op === 'Transpose' ? ['perm'] : [])];
  const read = Object.entries(constant).filter(([name]) => inputs.includes(name));
  const spec = {
    placeholders: { x: shape },
    constants: Object.fromEntries(read),
    nodes: { node: { ...node, inputs } },
  };

  it('gives what tfjs gives', async () => {
    expect(kindsOf(await checked(spec))).toEqual(kinds);
  });

  it('gives that without a type, too', async () => {
    expect(kindsOf(await checked({ ...spec, isTyped: false }))).toEqual(kinds);
  });
});

describe('importGraphModel', () => {
  const conv = (x: string, w = 'w'): GraphNodeSpec => ({
    op: 'Conv2D',
    inputs: [x, w],
    attributes: window(),
  });
  const relu = (x: string): GraphNodeSpec => ({ op: 'Relu', inputs: [x] });
  const softplus = (x: string): GraphNodeSpec => ({ op: 'Softplus', inputs: [x] });
  const w = floats(3, 3, 3, 3);
  const placeholders = { x: images };

  it('takes graph models without a cast', async () => {
    const accepts = (model: GraphModelLike) => model.outputNodes;
    expect(accepts(await loadGraph({ placeholders, nodes: { y: relu('x') } }))).toEqual(['y']);
  });

  it('runs what it knows and leaves the rest in groups', async () => {
    const imported = await checked({
      placeholders,
      constants: { w },
      nodes: {
        a: conv('x'),
        b: softplus('a'),
        c: softplus('b'),
        d: conv('c'),
        left: softplus('x'),
        right: { op: 'Exp', inputs: ['x'] },
        sum: { op: 'AddV2', inputs: ['left', 'right'] },
        end: { op: 'AddV2', inputs: ['sum', 'd'] },
      },
    });
    expect(kindsOf(imported)).toEqual([
      'convolution',
      'tfjs left right b c',
      'binary',
      'convolution',
      'binary',
    ]);
    expect(imported.layers.map(({ name, className, fate }) => [name, className, fate.kind])).toContainEqual([
      'b',
      'Softplus',
      'tfjs',
    ]);
  });

  it('shares filters, and passes identities of constants', async () => {
    const { nodes } = await checked({
      placeholders,
      constants: { w },
      nodes: { read: { op: 'Identity', inputs: ['w'] }, a: conv('x', 'read'), y: conv('a') },
    });
    const filters = nodes.map(
      (node) => node.kind === 'native' && node.operation.kind === 'convolution' && node.operation.weights,
    );
    expect(filters[0]).toBe(filters[1]);
  });

  it('runs identities between steps of tfjs with them', async () => {
    const nodes = {
      a: softplus('x'),
      b: { op: 'Identity', inputs: ['a'] },
      c: softplus('b'),
      d: { op: 'Identity', inputs: ['c'] },
    };
    expect(kindsOf(await checked({ placeholders, nodes }))).toEqual(['tfjs a c']);
  });

  it('follows the outputs of nodes that have several', async () => {
    const imported = await checked({
      placeholders: { x: [-1, 4, 6] },
      constants: { axis: ints([2], []), last: ints([2], []) },
      nodes: {
        split: { op: 'Split', inputs: ['axis', 'x'], attributes: { num_split: { int: 3 } } },
        a: relu('split:1'),
        b: { op: 'Tanh', inputs: ['split:2'] },
        y: { op: 'ConcatV2', inputs: ['a', 'split', 'b', 'last'], attributes: { N: { int: 3 } } },
      },
    });
    expect(kindsOf(imported)).toEqual(['tfjs split', 'activate', 'activate', 'tfjs y']);
  });

  it('leaves models to tfjs whose parts it could not feed', async () => {
    const nodes = {
      split: { op: 'Split', inputs: ['axis', 'x'], attributes: { num_split: { int: 2 } } },
      a: { op: 'Relu', inputs: ['split:0'] },
      b: softplus('a'),
      c: { op: 'Mul', inputs: ['b', 'split'] },
      y: { op: 'Mul', inputs: ['c', 'split:1'] },
    };
    expect(
      kindsOf(await checked({ placeholders: { x: [-1, 4] }, constants: { axis: ints([1], []) }, nodes })),
    ).toEqual(['tfjs x split a b c y']);
  });

  it('keeps the batch where a graph computes it', async () => {
    const nodes: Record<string, GraphNodeSpec> = {
      shape: { op: 'Shape', inputs: ['x'] },
      batch: {
        op: 'StridedSlice',
        inputs: ['shape', 'zero', 'one', 'one'],
        attributes: {
          T: { type: 'DT_INT32' },
          shrink_axis_mask: { int: 1 },
          begin_mask: { int: 0 },
          end_mask: { int: 0 },
        },
      },
      target: {
        op: 'Pack',
        inputs: ['batch', 'rows', 'columns'],
        attributes: { T: { type: 'DT_INT32' }, axis: { int: 0 } },
      },
      y: { op: 'Reshape', inputs: ['x', 'target'] },
    };
    const constants = { zero: ints([0]), one: ints([1]), rows: ints([15], []), columns: ints([6], []) };
    expect(kindsOf(await checked({ placeholders, constants, nodes }))).toEqual(['reshape']);
    const open = { x: [-1, -1, 5, 3] };
    expect(
      kindsOf(await checked({ placeholders: open, constants: { ...constants, rows: ints([5], []) }, nodes })),
    ).toEqual(['tfjs shape batch target y']);
  });

  it('runs convolutions of sequences', async () => {
    const imported = await checked({
      placeholders: { x: [-1, 7, 3] },
      constants: { w: floats(1, 3, 3, 4), axis: ints([1], []), b: floats(4) },
      nodes: {
        image: { op: 'ExpandDims', inputs: ['x', 'axis'] },
        conv: conv('image'),
        sequence: { op: 'Squeeze', inputs: ['conv'], attributes: { squeeze_dims: { ints: [1] } } },
        y: { op: 'BiasAdd', inputs: ['sequence', 'b'] },
        z: relu('y'),
      },
    });
    expect(kindsOf(optimize(imported))).toEqual(['reshape', 'convolution', 'reshape']);
  });

  it('names inputs and outputs as the signature does', async () => {
    const imported = await checked({
      placeholders: { serving_x: images, serving_y: images },
      constants: { w },
      nodes: { a: conv('serving_x'), b: { op: 'AddV2', inputs: ['a', 'serving_y'] }, c: softplus('b') },
      signature: {
        inputs: { y: 'serving_y:0', x: 'serving_x:0' },
        outputs: { probabilities: 'c:0', features: 'b:0', b: 'a:0' },
      },
      outputKeys: ['one', 'two', 'three'],
    });
    expect(imported.inputs.map(({ name, aliases, shape }) => [name, aliases, shape])).toEqual([
      ['y', ['serving_y', 'serving_y:0'], [null, 6, 5, 3]],
      ['x', ['serving_x', 'serving_x:0'], [null, 6, 5, 3]],
    ]);
    expect(imported.outputNames).toEqual(['probabilities', 'features', 'b']);
    expect(imported.outputKeys).toEqual(['one', 'two', 'three']);
  });

  it('gives constants and inputs as outputs, and keeps the weights', async () => {
    const spec: GraphSpec = {
      placeholders,
      constants: { c: floats(2) },
      nodes: { y: relu('x') },
      signature: { inputs: { x: 'x:0' }, outputs: { y: 'y:0', c: 'c:0', x: 'x:0' } },
    };
    expect(kindsOf(await checked(spec))).toEqual(['activate', 'tfjs c']);
  });

  it('waits for ops whose result sizes depend on values', async () => {
    const imported = await checked(
      {
        placeholders: { boxes: [5, 4], scores: [5] },
        constants: { most: ints([3], []), overlap: scalar(0.5), threshold: scalar(-2), axis: ints([0], []) },
        nodes: {
          better: { op: 'Relu', inputs: ['scores'] },
          chosen: { op: 'NonMaxSuppressionV3', inputs: ['boxes', 'better', 'most', 'overlap', 'threshold'] },
          y: { op: 'GatherV2', inputs: ['boxes', 'chosen', 'axis'] },
        },
      },
      { isAsync: true },
    );
    expect(kindsOf(imported)).toEqual(['activate', 'tfjs chosen y']);
    expect(imported.nodes[1]).toMatchObject({ runAsync: expect.any(Function) });
  });

  it('leaves graphs with loops and lists to tfjs', async () => {
    const control: Record<string, GraphNodeSpec> = {
      enough: { op: 'Greater', inputs: ['sum', 'zero'] },
      sum: { op: 'Sum', inputs: ['x', 'axes'], attributes: { keep_dims: { bool: false } } },
      way: { op: 'Switch', inputs: ['x', 'enough'] },
      no: { op: 'Relu', inputs: ['way:0'] },
      yes: { op: 'Softplus', inputs: ['way:1'] },
      y: { op: 'Merge', inputs: ['no', 'yes'] },
    };
    const constants = { zero: scalar(0), axes: ints([0, 1, 2, 3]) };
    const imported = await checked({ placeholders, constants, nodes: control }, { isAsync: true });
    expect(imported.nodes).toMatchObject([
      { kind: 'foreign', name: 'model', runAsync: expect.any(Function) },
    ]);
    expect(imported.layers.every(({ fate }) => fate.kind === 'tfjs')).toBe(true);
  });

  it('leaves ops of users to them', async () => {
    registerOp('Relu', ({ inputs: [x] }) => [add(x as Tensor, 1)]);
    try {
      expect(kindsOf(await checked({ placeholders, nodes: { y: relu('x') } }))).toEqual(['tfjs y']);
    } finally {
      deregisterOp('Relu');
    }
  });

  it('leaves whole numbers to tfjs', async () => {
    const whole: Record<string, Attribute> = { T: { type: 'DT_INT32' } };
    const nodes = {
      a: {
        op: 'Cast',
        inputs: ['x'],
        attributes: { SrcT: { type: 'DT_FLOAT' }, DstT: { type: 'DT_INT32' } },
      },
      b: { op: 'AddV2', inputs: ['a', 'a'], attributes: whole },
      c: { op: 'Identity', inputs: ['b'], attributes: whole },
    };
    expect(kindsOf(await checked({ placeholders, nodes }))).toEqual(['tfjs a b c']);
  });

  it('refuses inputs without a shape', async () => {
    const model = await loadGraph({
      placeholders: {},
      nodes: { x: { op: 'Placeholder', attributes: { dtype: { type: 'DT_FLOAT' } } }, y: relu('x') },
    });
    await expect(importGraphModel(model)).rejects.toThrow("the shape of its input 'x'");
  });
});
