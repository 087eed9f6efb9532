import { input, layers as l, model } from '@tensorflow/tfjs-layers';
import { chain, on, type StructureCase } from './structure-case.js';
import { Opaque } from './structure-layers.js';

const head = () => l.dense({ name: 'head', units: 2 });
const removal = { layer: 'hidden', units: 6, remove: [1, 3, 5] };

/** Networks in which the smaller one can't give the answers of the original without the channels. */
export const refusalCases: readonly StructureCase[] = [
  {
    name: 'layer norm over the channels',
    peers: 'layerNorm',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, inputShape: [4] }),
        l.layerNormalization({ name: 'norm' }),
        head(),
      ),
    ...removal,
    expected: refused('norm', 'layer norm', /layer norm/i),
  },
  {
    name: 'softmax over the channels, as an Activation',
    peers: 'softmax',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, inputShape: [4] }),
        l.activation({ name: 'probabilities', activation: 'softmax' }),
        head(),
      ),
    ...removal,
    expected: refused('probabilities', 'softmax', /softmax/i),
  },
  {
    name: 'softmax over the channels, as a Softmax layer',
    build: () =>
      chain(
        l.conv2d({ name: 'hidden', filters: 6, kernelSize: 2, inputShape: [4, 4, 2] }),
        l.softmax({ name: 'probabilities', axis: 3 }),
        l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }),
      ),
    ...removal,
    expected: refused('probabilities', 'softmax', /softmax/i),
  },
  {
    name: 'softmax over the channels, as the activation of the layer itself',
    build: () => chain(l.dense({ name: 'hidden', units: 6, activation: 'softmax', inputShape: [4] }), head()),
    ...removal,
    expected: refused('hidden', 'softmax', /softmax/i),
  },
  {
    name: 'mean over the channels',
    peers: 'channelMean',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, activation: 'relu', inputShape: [5, 3] }),
        l.permute({ dims: [2, 1] }),
        l.globalAveragePooling1d({ name: 'mean' }),
        head(),
      ),
    ...removal,
    expected: refused('mean', 'mean', /mean|pool|mix|average/i),
  },
  {
    name: 'maximum over the channels',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, activation: 'relu', inputShape: [5, 3] }),
        l.permute({ dims: [2, 1] }),
        l.maxPooling1d({ name: 'largest', poolSize: 2 }),
        l.flatten(),
        head(),
      ),
    ...removal,
    expected: refused('largest', 'pooling', /max|pool|mix/i),
  },
  {
    name: 'convolution along the channels',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, activation: 'relu', inputShape: [5, 3] }),
        l.permute({ dims: [2, 1] }),
        l.conv1d({ name: 'across', filters: 3, kernelSize: 2 }),
        l.globalAveragePooling1d(),
      ),
    ...removal,
    expected: refused('across', 'convolution', /conv|window|mix/i),
  },
  {
    name: 'the layer is the model’s output',
    peers: 'output',
    build: () =>
      chain(
        l.dense({ name: 'first', units: 4, activation: 'relu', inputShape: [4] }),
        l.dense({ name: 'hidden', units: 6 }),
      ),
    ...removal,
    expected: refused('hidden', 'output', /output/i),
  },
  {
    name: 'the layer is an output, and read by a further layer',
    build: () => {
      const x = input({ shape: [6, 6, 2] });
      const hidden = on(l.conv2d({ name: 'hidden', filters: 6, kernelSize: 3, activation: 'relu' }), x);
      const next = on(l.conv2d({ name: 'next', filters: 2, kernelSize: 3 }), hidden);
      return model({ inputs: x, outputs: [hidden, next] });
    },
    ...removal,
    expected: refused('hidden', 'output', /output/i),
  },
  {
    name: 'the layer is pooled to an output, and read by a convolution',
    build: () => {
      const x = input({ shape: [6, 6, 2] });
      const hidden = on(l.conv2d({ name: 'hidden', filters: 6, kernelSize: 3, activation: 'relu' }), x);
      const pooled = on(l.globalAveragePooling2d({ name: 'descriptor' }), hidden);
      const next = on(l.conv2d({ name: 'next', filters: 2, kernelSize: 3 }), hidden);
      return model({ inputs: x, outputs: [pooled, next] });
    },
    ...removal,
    expected: refused('descriptor', 'output', /output/i),
  },
  {
    name: 'added to the model’s input',
    build: () => {
      const x = input({ shape: [5, 5, 6], name: 'image' });
      const hidden = on(l.conv2d({ name: 'hidden', filters: 6, kernelSize: 3, padding: 'same' }), x);
      const sum = on(l.add(), x, hidden);
      return model({ inputs: x, outputs: on(l.conv2d({ name: 'next', filters: 2, kernelSize: 3 }), sum) });
    },
    ...removal,
    expected: refused('image', 'input', /input/i),
  },
  {
    name: 'multiplied with the model’s input by a Dot',
    build: () => {
      const [x, y] = [input({ shape: [4] }), input({ shape: [6], name: 'query' })];
      const hidden = on(l.dense({ name: 'hidden', units: 6, activation: 'tanh' }), x);
      return model({ inputs: [x, y], outputs: on(l.dot({ axes: 1 }), hidden, y) });
    },
    ...removal,
    expected: refused('query', 'input', /input/i),
  },
  {
    name: 'final state of an LSTM as an output',
    build: () => {
      const x = input({ shape: [5, 3] });
      const lstm = l.lstm({
        name: 'hidden',
        units: 6,
        recurrentInitializer: 'glorotNormal',
        returnState: true,
      });
      const [last, , cell] = lstm.apply(x) as [typeof x, typeof x, typeof x];
      return model({ inputs: x, outputs: [on(head(), last), cell] });
    },
    ...removal,
    expected: refused('hidden', 'output', /output/i),
  },
  {
    name: 'masking that looks at the channels',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, activation: 'relu', inputShape: [5, 3] }),
        l.masking({ name: 'mask' }),
        l.lstm({ name: 'lstm', units: 4, recurrentInitializer: 'glorotNormal' }),
        head(),
      ),
    ...removal,
    expected: refused('mask', 'masking', /skip|mask/i),
  },
  {
    name: 'custom layer without a rule',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, activation: 'relu', inputShape: [4] }),
        new Opaque({ name: 'opaque' }),
        head(),
      ),
    ...removal,
    expected: refused('opaque', 'no rule', /"Opaque" has no rule/),
  },
  {
    name: 'half of the units, not a rectangle of what they are reshaped to',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, activation: 'relu', inputShape: [4] }),
        l.reshape({ name: 'grid', targetShape: [2, 3] }),
        l.conv1d({ name: 'next', filters: 2, kernelSize: 1 }),
      ),
    ...removal,
    expected: refused('hidden', 'no rectangle', /all 6 units|at least one|reshape/i),
  },
  {
    name: 'time steps of an LSTM',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, activation: 'relu', inputShape: [4] }),
        l.reshape({ targetShape: [6, 1] }),
        l.lstm({ name: 'lstm', units: 4, recurrentInitializer: 'glorotNormal' }),
        head(),
      ),
    ...removal,
    expected: refused('lstm', 'time steps', /time step/i),
  },
];

function refused(at: string, because: string, message: RegExp): StructureCase['expected'] {
  return { outcome: 'refused', at, because, message };
}
