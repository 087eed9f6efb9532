import { input, layers as l, model } from '@tensorflow/tfjs-layers';
import { chain, on, type StructureCase } from './structure-case.js';

const head = () => l.dense({ name: 'head', units: 2 });

/** Dead channels without a plan: the answers of the network stay, whatever constant the channels send. */
export const constantCases: readonly StructureCase[] = [
  {
    name: 'dead units that send their bias into a dense layer',
    build: () => chain(l.dense({ name: 'hidden', units: 6, activation: 'sigmoid', inputShape: [4] }), head()),
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    dead: { 'hidden/kernel': [1, [1, 3, 5]] },
    expected: {
      outcome: 'smaller',
      zero: {},
      after: { hidden: [[4, 3], [3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'gamma is zero, beta goes through a softplus into a convolution without padding',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, inputShape: [7, 7, 2] }),
        l.batchNormalization({ name: 'norm' }),
        l.activation({ activation: 'softplus' }),
        l.conv2d({ name: 'next', filters: 3, kernelSize: 3 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    dead: { 'norm/gamma': [0, [1, 3, 5]] },
    expected: {
      outcome: 'smaller',
      zero: {},
      after: { conv: [[3, 3, 2, 3], [3]], norm: [[3], [3], [3], [3]], next: [[3, 3, 3, 3], [3]] },
    },
  },
  {
    name: 'dead filters that send a constant through pooling and flatten',
    build: () =>
      chain(
        l.conv2d({
          name: 'conv',
          filters: 6,
          kernelSize: 3,
          activation: 'sigmoid',
          inputShape: [6, 6, 2],
        }),
        l.maxPooling2d({ poolSize: 2 }),
        l.flatten(),
        head(),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    dead: { 'conv/kernel': [3, [1, 3, 5]] },
    expected: {
      outcome: 'smaller',
      zero: {},
      after: { conv: [[3, 3, 2, 3], [3]], head: [[12, 2], [2]] },
    },
  },
  {
    name: 'dead units that send their bias into a dense layer without bias, which gets one',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, activation: 'sigmoid', inputShape: [4] }),
        l.dense({ name: 'next', units: 3, activation: 'tanh', useBias: false }),
        head(),
      ),
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    dead: { 'hidden/kernel': [1, [1, 3, 5]] },
    expected: {
      outcome: 'smaller',
      zero: {},
      after: { hidden: [[4, 3], [3]], next: [[3, 3], [3]] },
    },
  },
  {
    name: 'dead units that send their bias into both directions of a GRU',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, activation: 'sigmoid', inputShape: [5, 3] }),
        l.bidirectional({
          name: 'both',
          layer: l.gru({ units: 2, recurrentInitializer: 'glorotNormal' }) as l.RNN,
          mergeMode: 'concat',
        }),
        head(),
      ),
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    dead: { 'hidden/kernel': [1, [1, 3, 5]] },
    expected: {
      outcome: 'smaller',
      zero: {},
      after: { hidden: [[3, 3], [3]], both: [[3, 6], [2, 6], [6], [3, 6], [2, 6], [6]] },
    },
  },
  {
    name: 'dead filters that send a constant into a ConvLSTM2D without padding',
    build: () =>
      chain(
        l.conv3d({
          name: 'conv',
          filters: 6,
          kernelSize: 1,
          activation: 'sigmoid',
          inputShape: [3, 5, 5, 2],
        }),
        l.convLstm2d({
          name: 'film',
          filters: 2,
          kernelSize: 2,
          recurrentInitializer: 'glorotNormal',
        }) as l.Layer,
        l.flatten(),
        head(),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    dead: { 'conv/kernel': [4, [1, 3, 5]] },
    expected: {
      outcome: 'smaller',
      zero: {},
      after: { conv: [[1, 1, 1, 2, 3], [3]], film: [[2, 2, 3, 8], [2, 2, 2, 8], [8]] },
    },
  },
  {
    name: 'units that no layer reads',
    build: () => chain(l.dense({ name: 'hidden', units: 6, activation: 'tanh', inputShape: [4] }), head()),
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    dead: { 'head/kernel': [0, [1, 3, 5]] },
    expected: {
      outcome: 'smaller',
      zero: {},
      after: { hidden: [[4, 3], [3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'dead filters that send constants into a zero-padded convolution: one stays and sends for all',
    build: () =>
      chain(
        l.conv2d({
          name: 'conv',
          filters: 6,
          kernelSize: 3,
          activation: 'sigmoid',
          inputShape: [6, 6, 2],
        }),
        l.conv2d({ name: 'next', filters: 3, kernelSize: 3, padding: 'same' }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    dead: { 'conv/kernel': [3, [1, 3, 5]] },
    expected: {
      outcome: 'smaller',
      zero: {},
      // No bias gives what the border is without the constants.
      after: { conv: [[3, 3, 2, 4], [4]], next: [[3, 3, 4, 3], [3]] },
    },
  },
  {
    name: 'dead filters that send constants into a transposed convolution: one stays and sends for all',
    build: () =>
      chain(
        l.conv2d({
          name: 'conv',
          filters: 6,
          kernelSize: 2,
          activation: 'sigmoid',
          inputShape: [4, 4, 2],
        }),
        l.conv2dTranspose({ name: 'up', filters: 3, kernelSize: 3, strides: 2 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    dead: { 'conv/kernel': [3, [1, 3, 5]] },
    expected: {
      outcome: 'smaller',
      zero: {},
      // Output positions get them from different numbers of kernel elements, so no bias gives that.
      after: { conv: [[2, 2, 2, 4], [4]], up: [[3, 3, 3, 4], [3]] },
    },
  },
  {
    name: 'shared layer that gets another constant at each call',
    build: () => {
      const [a, b] = [input({ shape: [4] }), input({ shape: [3] })];
      const shared = l.dense({ name: 'shared', units: 3 });
      const left = on(shared, on(l.dense({ name: 'hidden', units: 6, activation: 'sigmoid' }), a));
      const right = on(shared, on(l.dense({ name: 'other', units: 6, activation: 'sigmoid' }), b));
      return model({ inputs: [a, b], outputs: on(head(), on(l.concatenate(), left, right)) });
    },
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    dead: { 'hidden/kernel': [1, [1, 3, 5]], 'other/kernel': [1, [1, 3, 5]] },
    expected: {
      outcome: 'kept',
      because: 'one bias serves both calls',
      message: /constant/i,
    },
  },
  {
    name: 'dead units behind a gate that is closed for small inputs',
    scale: 20,
    build: () => {
      const x = input({ shape: [4] });
      const hidden = on(l.dense({ name: 'hidden', units: 6, activation: 'sigmoid' }), x);
      const score = on(l.dense({ name: 'score', units: 1 }), x);
      const gated = on(l.multiply(), hidden, on(l.thresholdedReLU({ theta: 15 }), score));
      return model({ inputs: x, outputs: on(head(), gated) });
    },
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    dead: { 'hidden/kernel': [1, [1, 3, 5]] },
    expected: {
      outcome: 'kept',
      because: 'the gate makes what they send depend on the input',
      message: /constant/i,
    },
  },
];
