import { randomUniform, type Tensor } from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers as l,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';

/** tfjs's default for recurrent kernels needs an op that only the union package brings. */
const recurrentInitializer = 'glorotNormal';
/** Keras 3 has another hard_sigmoid, tfjs's default. */
const recurrent = { recurrentInitializer, recurrentActivation: 'sigmoid' } as const;

const chain = (...layers: l.Layer[]): LayersModel => sequential({ layers });
const call = (layer: l.Layer, ...inputs: SymbolicTensor[]): SymbolicTensor =>
  layer.apply(inputs.length === 1 ? (inputs[0] as SymbolicTensor) : inputs) as SymbolicTensor;

/** Models of every kind of layer that an .h5 file can hold. */
export const h5Models: Readonly<Record<string, () => LayersModel>> = {
  dense: () =>
    chain(
      l.dense({ units: 5, inputShape: [4], activation: 'relu', kernelRegularizer: 'l1l2', name: 'Hidden_1' }),
      l.dropout({ rate: 0.2 }),
      l.dense({ units: 3, activation: 'softmax', useBias: false, biasConstraint: 'nonNeg' }),
    ),
  conv1d: () =>
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
      l.conv1d({ filters: 2, kernelSize: 2 }),
      l.averagePooling1d({ poolSize: 1, strides: 1 }),
      l.globalMaxPooling1d(),
    ),
  'conv2d, batch norm, pooling': () =>
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
  'depthwise and separable': () =>
    chain(
      l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, inputShape: [6, 6, 2], padding: 'same' }),
      l.leakyReLU({ alpha: 0.2 }),
      l.separableConv2d({ filters: 3, kernelSize: 2, depthMultiplier: 2, activation: 'elu' }),
      l.globalAveragePooling2d({}),
    ),
  'transposed convolution': () =>
    chain(
      l.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', inputShape: [3, 3, 2] }),
      l.prelu({ sharedAxes: [1, 2] }),
      l.flatten(),
      l.dense({ units: 2, activation: 'softsign' }),
    ),
  conv3d: () =>
    chain(
      l.conv3d({ filters: 2, kernelSize: 2, inputShape: [4, 4, 4, 1], activation: 'selu' }),
      l.maxPooling3d({ poolSize: 2, strides: 1, padding: 'valid' }),
      l.averagePooling3d({ poolSize: 2, strides: 1, padding: 'valid' }),
      l.flatten(),
    ),
  'conv3d transpose': () =>
    chain(
      l.conv3dTranspose({ filters: 2, kernelSize: 2, strides: 2, inputShape: [2, 2, 2, 1] }),
      l.flatten(),
    ),
  'embedding, layer norm, masking in an LSTM': () =>
    chain(
      l.embedding({ inputDim: 7, outputDim: 4, inputLength: 5, maskZero: true }),
      l.layerNormalization(),
      l.lstm({ units: 3, ...recurrent, returnSequences: true }),
      l.lstm({ units: 2, ...recurrent }),
    ),
  'GRU and simple RNN': () =>
    chain(
      l.gru({ units: 3, ...recurrent, returnSequences: true, inputShape: [4, 2] }),
      l.simpleRNN({ units: 3, recurrentInitializer, goBackwards: true }),
    ),
  bidirectional: () =>
    chain(
      l.bidirectional({
        layer: l.lstm({ units: 3, ...recurrent, returnSequences: true }) as l.RNN,
        mergeMode: 'concat',
        inputShape: [4, 2],
      }),
      l.bidirectional({ layer: l.gru({ units: 2, ...recurrent }) as l.RNN, mergeMode: 'sum' }),
    ),
  'time distributed': () =>
    chain(
      l.timeDistributed({ layer: l.dense({ units: 3, activation: 'mish' }), inputShape: [4, 2] }),
      l.permute({ dims: [2, 1] }),
      l.reshape({ targetShape: [12] }),
      l.repeatVector({ n: 2 }),
    ),
  'stacked cells': () =>
    chain(
      l.rnn({
        cell: [
          l.lstmCell({ units: 3, ...recurrent }),
          l.gruCell({ units: 2, ...recurrent }),
          l.simpleRNNCell({ units: 2, recurrentInitializer }),
        ],
        inputShape: [4, 2],
      }),
    ),
  ConvLSTM2D: () =>
    chain(
      l.convLstm2d({ filters: 2, kernelSize: 2, ...recurrent, inputShape: [3, 4, 4, 1] }) as l.Layer,
      l.flatten(),
    ),
  'activation layers and noise': () =>
    chain(
      l.dense({ units: 4, inputShape: [4] }),
      l.gaussianNoise({ stddev: 0.1 }),
      l.elu(),
      l.gaussianDropout({ rate: 0.1 }),
      l.alphaDropout({ rate: 0.1 }),
      l.activation({ activation: 'swish' }),
      l.dense({ units: 4, activation: 'gelu' }),
      l.softmax(),
    ),
  'hard sigmoid and thresholded ReLU': () =>
    chain(
      l.dense({ units: 4, inputShape: [4], activation: 'hardSigmoid' }),
      l.thresholdedReLU({ theta: 0.5 }),
      l.reshape({ targetShape: [2, 2] }),
      l.lstm({ units: 2, recurrentInitializer }),
    ),
  'merges, two inputs and two outputs': () => {
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
  'functional with branches': () => {
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
  'shared layers': () => {
    const [a, b] = [input({ shape: [3] }), input({ shape: [3] })];
    const tower = l.dense({ units: 4, activation: 'tanh', name: 'tower' });
    const joined = call(l.concatenate(), call(tower, a), call(tower, b));
    return model({ inputs: [a, b], outputs: call(l.dense({ units: 1, activation: 'sigmoid' }), joined) });
  },
  'nested models, one of them shared': () => {
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
  'a model as the first layer': () => {
    const x = input({ shape: [4] });
    const base = model({
      inputs: x,
      outputs: call(l.dense({ units: 3, name: 'features' }), x),
      name: 'base',
    });
    return chain(base, l.dense({ units: 2, name: 'head' }));
  },
  'frozen layers': () => {
    const norm = l.batchNormalization({ name: 'frozen_norm' });
    norm.trainable = false;
    return chain(l.dense({ units: 3, inputShape: [4], trainable: false }), norm, l.dense({ units: 2 }));
  },
  'integer inputs': () => {
    const [ids, flags] = [input({ shape: [3], dtype: 'int32' }), input({ shape: [3, 2] })];
    const words = call(l.embedding({ inputDim: 7, outputDim: 2 }), ids);
    return model({ inputs: [ids, flags], outputs: call(l.flatten(), call(l.multiply(), words, flags)) });
  },
  rescaling: () => chain(l.dense({ units: 2, inputShape: [3] }), l.rescaling({ scale: 0.5, offset: -1 })),
};

/**
 * What Keras 3 does not open right from a Keras 2 file, whoever wrote it: it has another hard_sigmoid and no
 * ThresholdedReLU, and numbers the calls of models inside functional models differently.
 */
export const notInKeras3: ReadonlySet<string> = new Set([
  'hard sigmoid and thresholded ReLU',
  'nested models, one of them shared',
]);

/** Gives every weight a value of its own, positive where a variance must be. */
export function fillWeights(target: LayersModel): void {
  const values = target.weights.map(({ shape, originalName }, w): Tensor => {
    const low = originalName.includes('variance') ? 0.05 : -0.5;
    return randomUniform(shape as number[], low, 0.6, 'float32', w + 1);
  });
  target.setWeights(values);
  for (const value of values) value.dispose();
}
