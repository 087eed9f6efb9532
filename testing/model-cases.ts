import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers as l,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';

/** A small model of one kind. */
export interface ModelCase {
  readonly name: string;
  make(): LayersModel;
}

/** tfjs's own default for recurrent kernels needs an op that only the union package brings. */
const recurrentInitializer = 'glorotNormal';

const chain = (...layers: l.Layer[]): LayersModel => sequential({ layers });
const call = (layer: l.Layer, ...inputs: SymbolicTensor[]): SymbolicTensor =>
  layer.apply(inputs.length === 1 ? (inputs[0] as SymbolicTensor) : inputs) as SymbolicTensor;

/** Models of every kind of layer. `make` gives the same weights every time, none of them zero. */
export const modelCases: readonly ModelCase[] = [
  {
    name: 'dense',
    make: () =>
      chain(
        l.dense({ units: 5, inputShape: [4], activation: 'relu', name: 'Hidden_1' }),
        l.dropout({ rate: 0.2 }),
        l.dense({ units: 3, activation: 'softmax', useBias: false }),
      ),
  },
  {
    name: 'conv1d',
    make: () =>
      chain(
        l.conv1d({
          filters: 3,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
          inputShape: [9, 2],
          activation: 'tanh',
        }),
        l.spatialDropout1d({ rate: 0.1 }),
        l.maxPooling1d({ poolSize: 2 }),
        l.conv1d({ filters: 2, kernelSize: 2, dilationRate: 1 }),
        l.averagePooling1d({ poolSize: 1, strides: 1 }),
        l.globalAveragePooling1d(),
      ),
  },
  {
    name: 'conv2d, batch norm, pooling',
    make: () =>
      chain(
        l.conv2d({ filters: 3, kernelSize: [3, 2], strides: [2, 1], inputShape: [8, 7, 2], useBias: false }),
        l.batchNormalization(),
        l.reLU({ maxValue: 6 }),
        l.zeroPadding2d({
          padding: [
            [1, 0],
            [0, 2],
          ],
        }),
        l.conv2d({ filters: 4, kernelSize: 2, dilationRate: 2, padding: 'same', activation: 'relu6' }),
        l.maxPooling2d({ poolSize: 2, padding: 'same' }),
        l.upSampling2d({ size: [2, 3] }),
        l.cropping2D({
          cropping: [
            [0, 1],
            [1, 0],
          ],
        }),
        l.averagePooling2d({ poolSize: [2, 1], strides: [1, 1] }),
        l.globalMaxPooling2d({}),
      ),
  },
  {
    name: 'depthwise and separable',
    make: () =>
      chain(
        l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, inputShape: [6, 6, 2], padding: 'same' }),
        l.leakyReLU({ alpha: 0.2 }),
        l.separableConv2d({ filters: 3, kernelSize: 2, activation: 'elu' }),
        l.globalAveragePooling2d({}),
      ),
  },
  {
    name: 'transposed convolution',
    make: () =>
      chain(
        l.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', inputShape: [3, 3, 2] }),
        l.prelu({ sharedAxes: [1, 2] }),
        l.flatten(),
        l.dense({ units: 2, activation: 'softsign' }),
      ),
  },
  {
    name: 'conv3d',
    make: () =>
      chain(
        l.conv3d({ filters: 2, kernelSize: 2, inputShape: [4, 4, 4, 1], activation: 'selu' }),
        l.maxPooling3d({ poolSize: 2, strides: 1, padding: 'valid' }),
        l.flatten(),
      ),
  },
  {
    name: 'embedding, layer norm, masking in an LSTM',
    make: () =>
      chain(
        l.embedding({ inputDim: 7, outputDim: 4, inputLength: 5, maskZero: true }),
        l.layerNormalization(),
        l.lstm({ units: 3, recurrentInitializer, returnSequences: true }),
        l.lstm({ units: 2, recurrentInitializer, recurrentActivation: 'sigmoid' }),
      ),
  },
  {
    name: 'GRU and simple RNN',
    make: () =>
      chain(
        l.gru({ units: 3, recurrentInitializer, returnSequences: true, inputShape: [4, 2] }),
        l.simpleRNN({ units: 3, recurrentInitializer, goBackwards: true }),
      ),
  },
  {
    name: 'bidirectional',
    make: () =>
      chain(
        l.bidirectional({
          layer: l.lstm({ units: 3, recurrentInitializer, returnSequences: true }) as l.RNN,
          mergeMode: 'concat',
          inputShape: [4, 2],
        }),
        l.bidirectional({
          layer: l.gru({ units: 2, recurrentInitializer }) as l.RNN,
          mergeMode: 'sum',
        }),
      ),
  },
  {
    name: 'time distributed',
    make: () =>
      chain(
        l.timeDistributed({ layer: l.dense({ units: 3, activation: 'mish' }), inputShape: [4, 2] }),
        l.permute({ dims: [2, 1] }),
        l.reshape({ targetShape: [12] }),
        l.repeatVector({ n: 2 }),
      ),
  },
  {
    name: 'stacked cells',
    make: () =>
      chain(
        l.rnn({
          cell: [
            l.lstmCell({ units: 3, recurrentInitializer }),
            l.gruCell({ units: 2, recurrentInitializer }),
            l.simpleRNNCell({ units: 2, recurrentInitializer }),
          ],
          inputShape: [4, 2],
        }),
      ),
  },
  {
    name: 'ConvLSTM2D',
    make: () =>
      chain(
        l.convLstm2d({
          filters: 2,
          kernelSize: 2,
          recurrentInitializer,
          inputShape: [3, 4, 4, 1],
        }) as l.Layer,
      ),
  },
  {
    name: 'activation layers and noise',
    make: () =>
      chain(
        l.dense({ units: 4, inputShape: [4] }),
        l.gaussianNoise({ stddev: 0.1 }),
        l.elu(),
        l.gaussianDropout({ rate: 0.1 }),
        l.thresholdedReLU({ theta: 0.01 }),
        l.alphaDropout({ rate: 0.1 }),
        l.dense({ units: 4, activation: 'hardSigmoid' }),
        l.activation({ activation: 'swish' }),
        l.dense({ units: 4, activation: 'gelu' }),
        l.activation({ activation: 'logSoftmax' as never }),
        l.softmax(),
      ),
  },
  {
    name: 'merges, two inputs and two outputs',
    make: () => {
      const [a, b] = [input({ shape: [3] }), input({ shape: [3] })];
      const sum = call(l.add(), a, b);
      const product = call(l.multiply(), a, sum);
      const all = call(
        l.concatenate({ axis: 1 }),
        call(l.average(), a, b),
        call(l.maximum(), sum, product),
        call(l.minimum(), sum, b),
      );
      const dot = call(l.dot({ axes: 1, normalize: true }), a, product);
      return model({ inputs: [a, b], outputs: [call(l.dense({ units: 2 }), all), dot] });
    },
  },
  {
    name: 'functional with branches',
    make: () => {
      const x = input({ shape: [6, 6, 2], name: 'image' });
      const stem = call(l.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'stem' }), x);
      const left = call(l.conv2d({ filters: 4, kernelSize: 1, name: 'z_left' }), stem);
      const right = call(
        l.batchNormalization({ name: 'norm' }),
        call(l.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'a_right' }), stem),
      );
      const joined = call(l.add(), left, right, stem);
      return model({
        inputs: x,
        outputs: call(l.dense({ units: 3 }), call(l.flatten(), joined)),
        name: 'branches',
      });
    },
  },
  {
    name: 'shared layers',
    make: () => {
      const [a, b] = [input({ shape: [3] }), input({ shape: [3] })];
      const tower = l.dense({ units: 4, activation: 'tanh', name: 'tower' });
      const joined = call(l.concatenate(), call(tower, a), call(tower, b));
      return model({ inputs: [a, b], outputs: call(l.dense({ units: 1, activation: 'sigmoid' }), joined) });
    },
  },
  {
    name: 'nested models, one of them shared',
    make: () => {
      const inner = chain(
        l.dense({ units: 3, inputShape: [3], activation: 'relu' }),
        l.batchNormalization(),
        l.dense({ units: 3 }),
      );
      const hidden = input({ shape: [3] });
      const deep = call(chain(l.dense({ units: 3, inputShape: [3] }), l.softmax()), hidden);
      const outer = model({ inputs: hidden, outputs: call(l.add(), deep, hidden), name: 'outer' });
      const x = input({ shape: [3] });
      return model({
        inputs: x,
        outputs: call(l.dense({ units: 2 }), call(inner, call(outer, call(inner, x)))),
      });
    },
  },
  {
    name: 'a model as the first layer',
    make: () => {
      const x = input({ shape: [4] });
      const base = model({
        inputs: x,
        outputs: call(l.dense({ units: 3, name: 'features' }), x),
        name: 'base',
      });
      return chain(base, l.dense({ units: 2, name: 'head' }));
    },
  },
  {
    name: 'frozen layers',
    make: () => {
      const norm = l.batchNormalization({ name: 'frozen_norm' });
      norm.trainable = false;
      return chain(l.dense({ units: 3, inputShape: [4], trainable: false }), norm, l.dense({ units: 2 }));
    },
  },
  { name: 'no weights', make: () => chain(l.flatten({ inputShape: [2, 3] })) },
  {
    name: 'regularizers and initializers',
    make: () =>
      chain(
        l.dense({
          units: 3,
          inputShape: [4],
          kernelInitializer: 'heNormal',
          biasInitializer: 'ones',
          kernelRegularizer: 'l1l2',
        }),
        l.dense({ units: 2, kernelInitializer: 'leCunUniform' }),
      ),
  },
].map(({ name, make }) => ({
  name,
  make: () => {
    const made = make();
    fillWeights(made);
    return made;
  },
}));

/** Gives every weight values of its own, positive where a variance must be. */
function fillWeights(target: LayersModel): void {
  const values = target
    .getWeights()
    .map(({ shape }, w) => tf.randomUniform(shape, 0.05, 0.6, 'float32', w + 1));
  const signed = values.map((value, w) => (w % 3 === 1 ? value.clone() : value.sub(0.25)));
  const names = target.weights.map(({ originalName }) => originalName);
  target.setWeights(
    signed.map((value, w) => (/variance/.test(String(names[w])) ? (values[w] as tf.Tensor) : value)),
  );
  tf.dispose([values, signed]);
}

/** The values of all weights, in the model's order. */
export async function weightValues(target: LayersModel): Promise<Float32Array[]> {
  return Promise.all(target.weights.map(async (weight) => (await weight.read().data()) as Float32Array));
}

/** Inputs of three examples: whole numbers from 0 to 6, which an embedding takes too. */
export function exampleInputs(target: LayersModel): tf.Tensor[] {
  return target.inputs.map(({ shape }, i) =>
    tf.tidy(() => tf.randomUniform([3, ...shape.slice(1)] as number[], 0, 6.99, 'float32', 100 + i).floor()),
  );
}

/** What the model predicts for {@link exampleInputs}, for each of its outputs. */
export async function predictions(target: LayersModel): Promise<Float32Array[]> {
  const inputs = exampleInputs(target);
  const predicted = target.predict(inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs);
  const outputs = Array.isArray(predicted) ? predicted : [predicted];
  const values = await Promise.all(outputs.map(async (output) => (await output.data()) as Float32Array));
  tf.dispose([inputs, outputs]);
  return values;
}
