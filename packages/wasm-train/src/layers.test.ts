import { memory, ones, randomUniform, setBackend, type Tensor, tensor, train } from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  layers,
  model,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, expectClose, initialBackend, random } from '../testing/backends.js';
import { registerWasmTraining } from './register.js';

beforeAll(() => {
  registerWasmTraining();
});
afterAll(() => setBackend(initialBackend));

type Layer = InstanceType<typeof layers.Layer>;

const vector = [6];
const sequence = [7, 4];
const image = [8, 9, 3];
const volume = [5, 6, 5, 2];
const film = [3, 6, 6, 2];
const tokens = [5];

/** The orthogonal initializer wants chained ops; the values do not matter here. */
const recurrentInitializer = 'glorotNormal';

const lstm = (returnSequences = false): ReturnType<typeof layers.lstm> =>
  layers.lstm({ units: 3, recurrentInitializer, returnSequences });
const gru = (): ReturnType<typeof layers.gru> => layers.gru({ units: 3, recurrentInitializer });

const oneInput: Record<string, [readonly number[], () => unknown]> = {
  dense: [vector, () => layers.dense({ units: 4 })],
  'dense on a sequence': [sequence, () => layers.dense({ units: 4, activation: 'tanh' })],
  'dense, softmax': [vector, () => layers.dense({ units: 4, activation: 'softmax' })],
  'dense, elu': [vector, () => layers.dense({ units: 4, activation: 'elu' })],
  'dense, selu': [vector, () => layers.dense({ units: 4, activation: 'selu' })],
  'dense, swish': [vector, () => layers.dense({ units: 4, activation: 'swish' })],
  'dense, mish': [vector, () => layers.dense({ units: 4, activation: 'mish' })],
  'dense, softplus': [vector, () => layers.dense({ units: 4, activation: 'softplus' })],
  'dense, hardSigmoid': [vector, () => layers.dense({ units: 4, activation: 'hardSigmoid' })],
  conv1d: [sequence, () => layers.conv1d({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' })],
  conv2d: [
    image,
    () =>
      layers.conv2d({ filters: 3, kernelSize: [3, 2], strides: [1, 2], padding: 'same', activation: 'relu' }),
  ],
  'conv2d, channels first': [
    image,
    () => layers.conv2d({ filters: 3, kernelSize: 3, dataFormat: 'channelsFirst' }),
  ],
  conv3d: [volume, () => layers.conv3d({ filters: 3, kernelSize: 2, strides: 2, padding: 'same' })],
  conv2dTranspose: [
    image,
    () => layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' }),
  ],
  'conv2dTranspose, valid': [image, () => layers.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 3 })],
  separableConv2d: [
    image,
    () => layers.separableConv2d({ filters: 3, kernelSize: 3, depthMultiplier: 2, padding: 'same' }),
  ],
  depthwiseConv2d: [
    image,
    () => layers.depthwiseConv2d({ kernelSize: 3, strides: 2, depthMultiplier: 2, padding: 'same' }),
  ],
  simpleRNN: [sequence, () => layers.simpleRNN({ units: 3, recurrentInitializer })],
  lstm: [sequence, () => lstm(true)],
  gru: [sequence, gru],
  convLstm2d: [
    film,
    () =>
      layers.convLstm2d({
        filters: 2,
        kernelSize: 3,
        strides: 2,
        recurrentInitializer,
        returnSequences: true,
      }),
  ],
  'bidirectional, concat': [sequence, () => layers.bidirectional({ layer: lstm(), mergeMode: 'concat' })],
  'bidirectional, sum': [sequence, () => layers.bidirectional({ layer: gru(), mergeMode: 'sum' })],
  'timeDistributed dense': [sequence, () => layers.timeDistributed({ layer: layers.dense({ units: 3 }) })],
  'timeDistributed conv2d': [
    film,
    () => layers.timeDistributed({ layer: layers.conv2d({ filters: 2, kernelSize: 3 }) }),
  ],
  batchNormalization: [image, () => layers.batchNormalization()],
  layerNormalization: [sequence, () => layers.layerNormalization()],
  maxPooling1d: [sequence, () => layers.maxPooling1d({ poolSize: 2 })],
  maxPooling2d: [image, () => layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' })],
  maxPooling3d: [volume, () => layers.maxPooling3d({ poolSize: 2 })],
  averagePooling1d: [sequence, () => layers.averagePooling1d({ poolSize: 2 })],
  averagePooling2d: [image, () => layers.averagePooling2d({ poolSize: 2 })],
  averagePooling3d: [volume, () => layers.averagePooling3d({ poolSize: 2 })],
  globalAveragePooling1d: [sequence, () => layers.globalAveragePooling1d()],
  globalAveragePooling2d: [image, () => layers.globalAveragePooling2d({})],
  globalMaxPooling1d: [sequence, () => layers.globalMaxPooling1d()],
  globalMaxPooling2d: [image, () => layers.globalMaxPooling2d({})],
  prelu: [image, () => layers.prelu({ sharedAxes: [1, 2] })],
  elu: [image, () => layers.elu({ alpha: 1 })],
  leakyReLU: [image, () => layers.leakyReLU({ alpha: 0.2 })],
  reLU: [image, () => layers.reLU({ maxValue: 0.5 })],
  dropout: [vector, () => layers.dropout({ rate: 0.5, seed: 3 })],
  zeroPadding2d: [
    image,
    () =>
      layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
  ],
  cropping2D: [
    image,
    () =>
      layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 3],
        ],
      }),
  ],
  flatten: [image, () => layers.flatten()],
  reshape: [image, () => layers.reshape({ targetShape: [9, 24] })],
  permute: [image, () => layers.permute({ dims: [3, 1, 2] })],
  repeatVector: [vector, () => layers.repeatVector({ n: 3 })],
};

const twoInputs: Record<string, [readonly number[], () => unknown]> = {
  add: [image, () => layers.add()],
  multiply: [image, () => layers.multiply()],
  average: [image, () => layers.average()],
  maximum: [image, () => layers.maximum()],
  minimum: [image, () => layers.minimum()],
  concatenate: [image, () => layers.concatenate()],
  dot: [sequence, () => layers.dot({ axes: 1 })],
  'dot, normalized': [sequence, () => layers.dot({ axes: 2, normalize: true })],
};

/** A dense layer below, so that the gradient of the layer's input is seen too. */
function below(x: SymbolicTensor, channels: number, seed: number): SymbolicTensor {
  const kernelInitializer = initializers.glorotUniform({ seed });
  return layers.dense({ units: channels, kernelInitializer }).apply(x) as SymbolicTensor;
}

interface Step {
  readonly loss: number;
  readonly weights: readonly (readonly number[])[];
}

/** One step of plain gradient descent at rate 1 from the given weights, twice more to see that nothing leaks. */
async function step(
  backend: Backend,
  net: LayersModel,
  weights: readonly Tensor[],
  x: Tensor,
  y: Tensor,
): Promise<Step> {
  await setBackend(backend);
  const optimizer = train.sgd(1);
  net.setWeights([...weights]);
  net.compile({ optimizer, loss: 'meanSquaredError' });
  const loss = Number(await net.trainOnBatch(x, y));
  const after = await Promise.all(net.getWeights().map(async (weight) => [...(await weight.data())]));
  await net.trainOnBatch(x, y);
  const { numTensors, numDataBuffers } = memory();
  await net.trainOnBatch(x, y);
  expect(memory()).toMatchObject({ numTensors, numDataBuffers });
  return { loss, weights: after };
}

async function compare(
  shape: readonly number[],
  build: (x: SymbolicTensor) => SymbolicTensor,
  x: Tensor,
): Promise<void> {
  const inputs = input({ shape: [...shape] });
  const net = model({ inputs, outputs: build(inputs) });
  const start = net.weights.map((weight, i) =>
    weight.originalName.includes('variance')
      ? ones(weight.shape as number[])
      : random(weight.shape as number[], i + 5),
  );
  const [, ...outShape] = net.outputShape as number[];
  const y = random([3, ...outShape], 99);
  const cpu = await step('cpu', net, start, x, y);
  const wasm = await step('wasm', net, start, x, y);
  expectClose([wasm.loss], [cpu.loss]);
  for (const [i, values] of wasm.weights.entries()) expectClose(values, cpu.weights[i] ?? [], 1e-4);
  net.dispose();
}

describe('one training step on wasm is one on cpu', () => {
  it.each(Object.entries(oneInput))('%s', async (_, [shape, make]) => {
    await setBackend('cpu');
    const build = (x: SymbolicTensor): SymbolicTensor =>
      (make() as Layer).apply(below(x, shape.at(-1) ?? 1, 1)) as SymbolicTensor;
    await compare(shape, build, random([3, ...shape], 77));
  });

  it.each(Object.entries(twoInputs))('%s', async (_, [shape, make]) => {
    await setBackend('cpu');
    const channels = shape.at(-1) ?? 1;
    const build = (x: SymbolicTensor): SymbolicTensor =>
      (make() as Layer).apply([below(x, channels, 1), below(x, channels, 2)]) as SymbolicTensor;
    await compare(shape, build, random([3, ...shape], 77));
  });

  it.each([false, true])('embedding, maskZero %s', async (maskZero) => {
    await setBackend('cpu');
    const build = (x: SymbolicTensor): SymbolicTensor =>
      layers.embedding({ inputDim: 11, outputDim: 3, maskZero }).apply(x) as SymbolicTensor;
    await compare(tokens, build, tensor([1, 0, 10, 3, 3, 3, 7, 7, 0, 0, 2, 5, 9, 1, 1], [3, 5], 'int32'));
  });
});

it('keeps its memory over a hundred steps of a convolutional network', async () => {
  await setBackend('wasm');
  const net = model(convolutional());
  net.compile({ optimizer: train.adam(1e-3), loss: 'sparseCategoricalCrossentropy' });
  const x = randomUniform([4, 12, 12, 1]);
  const y = tensor([0, 1, 2, 3], [4, 1]);
  const losses: number[] = [];
  for (let i = 0; i < 2; i++) await net.trainOnBatch(x, y);
  const { numTensors, numDataBuffers } = memory();
  for (let i = 0; i < 100; i++) losses.push(Number(await net.trainOnBatch(x, y)));
  expect(memory()).toMatchObject({ numTensors, numDataBuffers });
  expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] ?? 0));
});

function convolutional(): { inputs: SymbolicTensor; outputs: SymbolicTensor } {
  const inputs = input({ shape: [12, 12, 1] });
  const conv = layers
    .conv2d({ filters: 4, kernelSize: 3, activation: 'relu' })
    .apply(inputs) as SymbolicTensor;
  const pool = layers.maxPooling2d({ poolSize: 2 }).apply(conv) as SymbolicTensor;
  const depthwise = layers.depthwiseConv2d({ kernelSize: 3, padding: 'same' }).apply(pool) as SymbolicTensor;
  const norm = layers.batchNormalization().apply(depthwise) as SymbolicTensor;
  const flat = layers.flatten().apply(norm) as SymbolicTensor;
  return { inputs, outputs: layers.dense({ units: 4, activation: 'softmax' }).apply(flat) as SymbolicTensor };
}
