import { input, layers as l, model } from '@tensorflow/tfjs-layers';
import { chain, on, type StructureCase } from './structure-case.js';

/** A convolution that gives 3 x 2 positions of 4 channels. */
const threeByTwo = () =>
  l.conv2d({ name: 'conv', filters: 4, kernelSize: [2, 4], activation: 'relu', inputShape: [4, 5, 2] });
const head = () => l.dense({ name: 'head', units: 2 });

/** Flatten, Permute and Reshape: channels are followed by where their values lie. */
export const layoutCases: readonly StructureCase[] = [
  {
    name: 'flatten',
    peers: 'flatten',
    build: () => chain(threeByTwo(), l.flatten(), head()),
    layer: 'conv',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      // Value (h, w, c) lies at (2h + w) * 4 + c.
      zero: { 'head/kernel': [0, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]] },
      after: { conv: [[2, 4, 2, 2], [2]], head: [[12, 2], [2]] },
    },
  },
  {
    name: 'flatten after the channels are moved to the front',
    peers: 'flattenPermuted',
    build: () => chain(threeByTwo(), l.permute({ dims: [3, 1, 2] }), l.flatten(), head()),
    layer: 'conv',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      // Value (h, w, c) lies at 6c + 2h + w.
      zero: { 'head/kernel': [0, [6, 7, 8, 9, 10, 11, 18, 19, 20, 21, 22, 23]] },
      after: { conv: [[2, 4, 2, 2], [2]], head: [[12, 2], [2]] },
    },
  },
  {
    name: 'channelsFirst flatten of a channels-first convolution',
    build: () =>
      chain(
        l.conv2d({
          name: 'conv',
          filters: 4,
          kernelSize: [2, 4],
          dataFormat: 'channelsFirst',
          inputShape: [2, 4, 5],
        }),
        l.flatten({ dataFormat: 'channelsFirst' }),
        head(),
      ),
    layer: 'conv',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      // TensorFlow.js moves axis 1 to the end, then flattens: (2h + w) * 4 + c.
      zero: { 'head/kernel': [0, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]] },
      after: { conv: [[2, 4, 2, 2], [2]], head: [[12, 2], [2]] },
    },
  },
  {
    name: 'channelsLast flatten of a channels-first convolution',
    build: () =>
      chain(
        l.conv2d({
          name: 'conv',
          filters: 4,
          kernelSize: [2, 4],
          dataFormat: 'channelsFirst',
          inputShape: [2, 4, 5],
        }),
        l.flatten(),
        head(),
      ),
    layer: 'conv',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      // 6c + 2h + w.
      zero: { 'head/kernel': [0, [6, 7, 8, 9, 10, 11, 18, 19, 20, 21, 22, 23]] },
      after: { conv: [[2, 4, 2, 2], [2]], head: [[12, 2], [2]] },
    },
  },
  {
    name: 'channelsFirst flatten of a channels-last convolution',
    build: () => chain(threeByTwo(), l.flatten({ dataFormat: 'channelsFirst' }), head()),
    layer: 'conv',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      // The height moves to the end: (4w + c) * 3 + h.
      zero: { 'head/kernel': [0, [3, 4, 5, 9, 10, 11, 15, 16, 17, 21, 22, 23]] },
      after: { conv: [[2, 4, 2, 2], [2]], head: [[12, 2], [2]] },
    },
  },
  {
    name: 'batch norm on axis 1, the channels are moved there and back',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, inputShape: [6, 5, 2] }),
        l.permute({ dims: [3, 1, 2] }),
        l.batchNormalization({ name: 'norm', axis: 1 }),
        l.permute({ dims: [2, 3, 1] }),
        l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3], [3]], norm: [[3], [3], [3], [3]], next: [[2, 2, 3, 3], [3]] },
    },
  },
  {
    name: 'dense along the width, the channels are moved to the middle and back',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, activation: 'relu', inputShape: [6, 7, 2] }),
        l.permute({ dims: [1, 3, 2] }),
        l.dense({ name: 'mix', units: 4, activation: 'tanh' }),
        l.permute({ dims: [1, 3, 2] }),
        l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3], [3]], next: [[2, 2, 3, 3], [3]] },
    },
  },
  {
    name: 'layer norm along the steps of a sequence',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, inputShape: [5, 3] }),
        l.layerNormalization({ name: 'norm', axis: 1 }),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5]] },
      after: { hidden: [[3, 3], [3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'softmax along the steps of a sequence',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, inputShape: [5, 3] }),
        l.permute({ dims: [2, 1] }),
        l.activation({ activation: 'softmax' }),
        l.permute({ dims: [2, 1] }),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5]] },
      after: { hidden: [[3, 3], [3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'dense -> reshape -> dense',
    peers: 'denseReshapeDense',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 12, activation: 'relu', inputShape: [4] }),
        l.reshape({ targetShape: [3, 4] }),
        l.dense({ name: 'mix', units: 5, activation: 'relu' }),
        l.flatten(),
        head(),
      ),
    layer: 'hidden',
    units: 12,
    remove: [1, 3, 5, 7, 9, 11],
    expected: {
      outcome: 'smaller',
      zero: { 'mix/kernel': [0, [1, 3]] },
      after: { hidden: [[4, 6], [6]], mix: [[2, 5], [5]] },
    },
  },
  {
    name: 'dense -> reshape -> convolution',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 24, activation: 'relu', inputShape: [4] }),
        l.reshape({ targetShape: [3, 2, 4] }),
        l.conv2d({ name: 'conv', filters: 3, kernelSize: 2, padding: 'same' }),
      ),
    layer: 'hidden',
    units: 24,
    remove: [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23],
    expected: {
      outcome: 'smaller',
      zero: { 'conv/kernel': [2, [1, 3]] },
      after: { hidden: [[4, 12], [12]], conv: [[2, 2, 2, 3], [3]] },
    },
  },
  {
    name: 'convolution -> reshape -> LSTM, as in text recognition',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 4, kernelSize: [2, 4], activation: 'relu', inputShape: [4, 5, 2] }),
        l.reshape({ targetShape: [3, 8] }),
        l.lstm({ name: 'lstm', units: 5, recurrentInitializer: 'glorotNormal' }),
        head(),
      ),
    layer: 'conv',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      // A step is a row of the image: value (w, c) lies at 4w + c.
      zero: { 'lstm/kernel': [0, [1, 3, 5, 7]] },
      after: { conv: [[2, 4, 2, 2], [2]], lstm: [[4, 20], [5, 20], [20]] },
    },
  },
  {
    name: 'pixel shuffle (reshape, permute, reshape)',
    peers: 'pixelShuffle',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 16, kernelSize: 2, activation: 'relu', inputShape: [4, 3, 2] }),
        l.reshape({ targetShape: [3, 2, 2, 2, 4] }),
        l.permute({ dims: [1, 3, 2, 4, 5] }),
        l.reshape({ targetShape: [6, 4, 4] }),
        l.conv2d({ name: 'next', filters: 3, kernelSize: 3 }),
      ),
    layer: 'conv',
    units: 16,
    remove: [1, 3, 5, 7, 9, 11, 13, 15],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3]] },
      after: { conv: [[2, 2, 2, 8], [8]], next: [[3, 3, 2, 3], [3]] },
    },
  },
  {
    name: 'pixel shuffle in PyTorch’s order, the channel first',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 16, kernelSize: 2, activation: 'relu', inputShape: [4, 3, 2] }),
        l.reshape({ targetShape: [3, 2, 4, 2, 2] }),
        l.permute({ dims: [1, 4, 2, 5, 3] }),
        l.reshape({ targetShape: [6, 4, 4] }),
        l.conv2d({ name: 'next', filters: 3, kernelSize: 3 }),
      ),
    layer: 'conv',
    units: 16,
    remove: [4, 5, 6, 7, 12, 13, 14, 15],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3]] },
      after: { conv: [[2, 2, 2, 8], [8]], next: [[3, 3, 2, 3], [3]] },
    },
  },
  {
    name: 'channel shuffle (ShuffleNet)',
    peers: 'channelShuffle',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 8, kernelSize: 2, activation: 'relu', inputShape: [4, 5, 2] }),
        l.reshape({ targetShape: [3, 4, 2, 4] }),
        l.permute({ dims: [1, 2, 4, 3] }),
        l.reshape({ targetShape: [3, 4, 8] }),
        l.depthwiseConv2d({ name: 'depthwise', kernelSize: 2 }),
        l.conv2d({ name: 'next', filters: 3, kernelSize: 1 }),
      ),
    layer: 'conv',
    units: 8,
    remove: [1, 3, 5, 7],
    expected: {
      outcome: 'smaller',
      // Channel 4g + j comes out at 2j + g.
      zero: { 'next/kernel': [2, [2, 3, 6, 7]] },
      after: { conv: [[2, 2, 2, 4], [4]], depthwise: [[2, 2, 4, 1], [4]], next: [[1, 1, 4, 3], [3]] },
    },
  },
  {
    name: 'channel shuffle of two concatenated branches (ShuffleNet V2)',
    build: () => {
      const x = input({ shape: [4, 5, 2] });
      const left = on(l.conv2d({ name: 'left', filters: 4, kernelSize: 2, activation: 'relu' }), x);
      const right = on(l.conv2d({ name: 'right', filters: 4, kernelSize: 2 }), x);
      const grouped = on(l.reshape({ targetShape: [3, 4, 2, 4] }), on(l.concatenate(), left, right));
      const shuffled = on(
        l.reshape({ targetShape: [3, 4, 8] }),
        on(l.permute({ dims: [1, 2, 4, 3] }), grouped),
      );
      return model({
        inputs: x,
        outputs: on(l.conv2d({ name: 'next', filters: 3, kernelSize: 1 }), shuffled),
      });
    },
    layer: 'left',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      // Channels j of both branches lie next to each other, at 2j and 2j + 1.
      zero: { 'next/kernel': [2, [2, 3, 6, 7]] },
      after: { left: [[2, 2, 2, 2], [2]], right: [[2, 2, 2, 2], [2]], next: [[1, 1, 4, 3], [3]] },
    },
  },
  {
    name: 'reshape of an image to a sequence of unknown length (-1)',
    build: () =>
      chain(
        threeByTwo(),
        l.reshape({ targetShape: [-1, 4] }),
        l.gru({ name: 'gru', units: 5, recurrentInitializer: 'glorotNormal' }),
        head(),
      ),
    layer: 'conv',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'gru/kernel': [0, [1, 3]] },
      after: { conv: [[2, 4, 2, 2], [2]], gru: [[2, 15], [5, 15], [15]] },
    },
  },
  {
    name: 'TimeDistributed dense',
    build: () =>
      chain(
        l.timeDistributed({
          name: 'steps',
          layer: l.dense({ units: 6, activation: 'relu' }),
          inputShape: [4, 3],
        }),
        l.conv1d({ name: 'next', filters: 3, kernelSize: 2 }),
      ),
    layer: 'steps',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [1, [1, 3, 5]] },
      after: { steps: [[3, 3], [3]], next: [[2, 3, 3], [3]] },
    },
  },
  {
    name: 'TimeDistributed model',
    build: () => {
      const frame = chain(
        l.conv2d({ name: 'conv', filters: 4, kernelSize: [2, 4], activation: 'relu', inputShape: [4, 5, 2] }),
        l.flatten(),
        l.dense({ name: 'code', units: 3, activation: 'tanh' }),
      );
      frame.name = 'frame';
      return chain(
        l.timeDistributed({ name: 'frames', layer: frame, inputShape: [3, 4, 5, 2] }),
        l.lstm({ name: 'lstm', units: 5, recurrentInitializer: 'glorotNormal' }),
        head(),
      );
    },
    layer: 'frames/conv',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'frames/code/kernel': [0, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]] },
      after: { frames: [[2, 4, 2, 2], [2], [12, 3], [3]] },
    },
  },
  {
    name: 'TimeDistributed convolution, batch norm and flatten -> LSTM',
    build: () =>
      chain(
        l.timeDistributed({
          name: 'frames',
          layer: l.conv2d({ filters: 4, kernelSize: [2, 4], activation: 'relu' }),
          inputShape: [3, 4, 5, 2],
        }),
        l.timeDistributed({ name: 'norms', layer: l.batchNormalization() }),
        l.timeDistributed({ name: 'flat', layer: l.flatten() }),
        l.lstm({ name: 'lstm', units: 5, recurrentInitializer: 'glorotNormal' }),
        head(),
      ),
    layer: 'frames',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'lstm/kernel': [0, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]] },
      after: {
        frames: [[2, 4, 2, 2], [2]],
        norms: [[2], [2], [2], [2]],
        lstm: [[12, 20], [5, 20], [20]],
      },
    },
  },
];
