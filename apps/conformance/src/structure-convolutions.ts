import { input, layers as l, model } from '@tensorflow/tfjs-layers';
import { chain, on, type StructureCase } from './structure-case.js';

const relu = () => l.activation({ activation: 'relu' });

/** Convolutions of every kind, and what stands between them. */
export const convolutionCases: readonly StructureCase[] = [
  {
    name: 'convolution with one output channel behind',
    peers: 'oneOutput',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 2] }),
        l.conv2d({ name: 'single', filters: 1, kernelSize: 3 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'single/kernel': [2, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3], [3]], single: [[3, 3, 3, 1], [1]] },
    },
  },
  {
    name: 'convolution -> batch norm (beta) -> ReLU -> zero-padded convolution',
    peers: 'batchNorm',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, useBias: false, inputShape: [7, 7, 2] }),
        l.batchNormalization({ name: 'norm' }),
        relu(),
        l.conv2d({ name: 'next', filters: 4, kernelSize: 3, padding: 'same' }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3]], norm: [[3], [3], [3], [3]], next: [[3, 3, 3, 4], [4]] },
    },
  },
  {
    name: 'batch norm without gamma, behind strides and dilation',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, strides: 2, inputShape: [11, 9, 2] }),
        l.batchNormalization({ name: 'norm', scale: false }),
        l.conv2d({ name: 'next', filters: 4, kernelSize: 2, dilationRate: 2, padding: 'same' }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3], [3]], norm: [[3], [3], [3]], next: [[2, 2, 3, 4], [4]] },
    },
  },
  {
    name: 'MobileNetV2 block, expanding convolution',
    peers: 'mobileNetExpand',
    build: mobileNet,
    layer: 'expand',
    units: 8,
    remove: [1, 3, 5, 7],
    expected: {
      outcome: 'smaller',
      zero: { 'project/kernel': [2, [1, 3, 5, 7]] },
      after: {
        expand: [[1, 1, 4, 4]],
        expand_norm: [[4], [4], [4], [4]],
        depthwise: [[3, 3, 4, 1]],
        depthwise_norm: [[4], [4], [4], [4]],
        project: [[1, 1, 4, 4]],
      },
    },
  },
  {
    name: 'MobileNetV2 block, projecting convolution',
    peers: 'mobileNetProject',
    build: mobileNet,
    layer: 'project',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'expand/kernel': [2, [1, 3]], 'head/kernel': [2, [1, 3]] },
      after: {
        stem: [[3, 3, 2, 2], [2]],
        expand: [[1, 1, 2, 8]],
        project: [[1, 1, 8, 2]],
        project_norm: [[2], [2], [2], [2]],
        head: [[1, 1, 2, 3], [3]],
      },
    },
  },
  {
    name: 'before a separable convolution',
    peers: 'separable',
    build: separable,
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'separable/pointwise_kernel': [2, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3], [3]], separable: [[2, 2, 3, 1], [1, 1, 3, 4], [4]] },
    },
  },
  {
    name: 'separable convolution',
    build: separable,
    layer: 'separable',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3]] },
      after: { separable: [[2, 2, 6, 1], [1, 1, 6, 2], [2]], next: [[2, 2, 2, 3], [3]] },
    },
  },
  {
    name: 'before a separable convolution, depthMultiplier 2',
    isLostOnSave: true,
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 2] }),
        l.separableConv2d({ name: 'separable', filters: 4, kernelSize: 2, depthMultiplier: 2 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'separable/pointwise_kernel': [2, [2, 3, 6, 7, 10, 11]] },
      after: { conv: [[3, 3, 2, 3], [3]], separable: [[2, 2, 3, 2], [1, 1, 6, 4], [4]] },
    },
  },
  {
    name: 'before a depthwise convolution, depthMultiplier 2',
    build: depthwise,
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [2, 3, 6, 7, 10, 11]] },
      after: {
        conv: [[3, 3, 2, 3], [3]],
        depthwise: [[2, 2, 3, 2], [6]],
        norm: [[6], [6], [6], [6]],
        next: [[2, 2, 6, 3], [3]],
      },
    },
  },
  {
    name: 'transposed convolution with stride 2, its outputs',
    peers: 'transposed',
    build: transposed,
    layer: 'up',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3]] },
      after: { up: [[3, 3, 2, 6], [2]], next: [[2, 2, 2, 3], [3]] },
    },
  },
  {
    name: 'transposed convolution with stride 2, its inputs',
    build: transposed,
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'up/kernel': [3, [1, 3, 5]] },
      after: { conv: [[2, 2, 2, 3], [3]], up: [[3, 3, 4, 3], [4]] },
    },
  },
  {
    name: '3D transposed convolution, its outputs',
    build: transposed3d,
    layer: 'up',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [3, [1, 3]] },
      after: { up: [[2, 2, 2, 2, 6], [2]], next: [[2, 2, 2, 2, 2], [2]] },
    },
  },
  {
    name: '3D transposed convolution, its inputs',
    build: transposed3d,
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'up/kernel': [4, [1, 3, 5]] },
      after: { conv: [[2, 2, 2, 2, 3], [3]], up: [[2, 2, 2, 4, 3], [4]] },
    },
  },
  {
    name: '1D convolutions',
    build: () =>
      chain(
        l.conv1d({ name: 'conv', filters: 6, kernelSize: 3, activation: 'relu', inputShape: [12, 2] }),
        l.maxPooling1d({ poolSize: 2 }),
        l.spatialDropout1d({ rate: 0.2 }),
        l.conv1d({ name: 'next', filters: 4, kernelSize: 2, dilationRate: 2 }),
        l.averagePooling1d({ poolSize: 2 }),
        l.flatten(),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [1, [1, 3, 5]] },
      after: { conv: [[3, 2, 3], [3]], next: [[2, 3, 4], [4]] },
    },
  },
  {
    name: '3D convolutions and flatten',
    build: () =>
      chain(
        l.conv3d({ name: 'conv', filters: 4, kernelSize: 2, activation: 'relu', inputShape: [5, 5, 4, 1] }),
        l.averagePooling3d({ poolSize: 2, strides: 2 }),
        l.flatten(),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'conv',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5, 7, 9, 11, 13, 15]] },
      after: { conv: [[2, 2, 2, 1, 2], [2]], head: [[8, 2], [2]] },
    },
  },
  {
    name: 'global average pooling',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, activation: 'elu', inputShape: [6, 6, 2] }),
        l.globalAveragePooling2d({}),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3], [3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'global maximum pooling of a sequence',
    build: () =>
      chain(
        l.conv1d({ name: 'conv', filters: 6, kernelSize: 3, inputShape: [8, 2] }),
        l.globalMaxPooling1d(),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5]] },
      after: { conv: [[3, 2, 3], [3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'zero padding and cropping, the channel sends a constant',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, activation: 'sigmoid', inputShape: [6, 6, 2] }),
        l.zeroPadding2d({
          padding: [
            [2, 1],
            [0, 2],
          ],
        }),
        l.cropping2D({
          cropping: [
            [1, 0],
            [0, 1],
          ],
        }),
        l.conv2d({ name: 'next', filters: 3, kernelSize: 3 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3], [3]], next: [[3, 3, 3, 3], [3]] },
    },
  },
  {
    name: 'images of any size',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, padding: 'same', inputShape: [null, null, 2] }),
        l.maxPooling2d({ poolSize: 2 }),
        l.conv2d({ name: 'next', filters: 4, kernelSize: 2, activation: 'relu' }),
        l.globalAveragePooling2d({}),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3], [3]], next: [[2, 2, 3, 4], [4]] },
    },
  },
  {
    name: 'channels first: convolution, batch norm on axis 1, pooling, global pooling',
    build: () =>
      chain(
        l.conv2d({
          name: 'conv',
          filters: 6,
          kernelSize: 3,
          dataFormat: 'channelsFirst',
          inputShape: [2, 8, 7],
        }),
        l.batchNormalization({ name: 'norm', axis: 1 }),
        l.maxPooling2d({ poolSize: 2, dataFormat: 'channelsFirst' }),
        l.globalAveragePooling2d({ dataFormat: 'channelsFirst' }),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3], [3]], norm: [[3], [3], [3], [3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'U-Net, the side that skips',
    build: uNet,
    layer: 'down',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'middle/kernel': [2, [1, 3, 5]], 'join/kernel': [2, [1, 3, 5]] },
      after: { down: [[3, 3, 2, 3], [3]], middle: [[3, 3, 3, 8], [8]], join: [[3, 3, 11, 4], [4]] },
    },
  },
  {
    name: 'U-Net, the side that comes up',
    build: uNet,
    layer: 'middle',
    units: 8,
    remove: [1, 3, 5, 7],
    expected: {
      outcome: 'smaller',
      zero: { 'join/kernel': [2, [7, 9, 11, 13]] },
      after: { middle: [[3, 3, 6, 4], [4]], join: [[3, 3, 10, 4], [4]] },
    },
  },
];

function mobileNet() {
  const x = input({ shape: [6, 6, 2] });
  const stem = on(l.conv2d({ name: 'stem', filters: 4, kernelSize: 3, padding: 'same' }), x);
  const expanded = on(l.conv2d({ name: 'expand', filters: 8, kernelSize: 1, useBias: false }), stem);
  const opened = on(l.reLU({ maxValue: 6 }), on(l.batchNormalization({ name: 'expand_norm' }), expanded));
  const filtered = on(
    l.depthwiseConv2d({ name: 'depthwise', kernelSize: 3, padding: 'same', useBias: false }),
    opened,
  );
  const closed = on(l.reLU({ maxValue: 6 }), on(l.batchNormalization({ name: 'depthwise_norm' }), filtered));
  const projected = on(l.conv2d({ name: 'project', filters: 4, kernelSize: 1, useBias: false }), closed);
  const sum = on(l.add(), stem, on(l.batchNormalization({ name: 'project_norm' }), projected));
  return model({ inputs: x, outputs: on(l.conv2d({ name: 'head', filters: 3, kernelSize: 1 }), sum) });
}

function separable() {
  return chain(
    l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, activation: 'relu', inputShape: [7, 7, 2] }),
    l.separableConv2d({
      name: 'separable',
      filters: 4,
      kernelSize: 2,
      activation: 'relu',
      padding: 'same',
    }),
    l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }),
  );
}

function depthwise() {
  return chain(
    l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, activation: 'relu', inputShape: [7, 7, 2] }),
    l.depthwiseConv2d({ name: 'depthwise', kernelSize: 2, depthMultiplier: 2, activation: 'relu' }),
    l.batchNormalization({ name: 'norm' }),
    l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }),
  );
}

function transposed() {
  return chain(
    l.conv2d({ name: 'conv', filters: 6, kernelSize: 2, activation: 'relu', inputShape: [4, 4, 2] }),
    l.conv2dTranspose({
      name: 'up',
      filters: 4,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      activation: 'relu',
    }),
    l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }),
  );
}

function transposed3d() {
  return chain(
    l.conv3d({ name: 'conv', filters: 6, kernelSize: 2, activation: 'relu', inputShape: [3, 3, 3, 2] }),
    l.conv3dTranspose({ name: 'up', filters: 4, kernelSize: 2, strides: 2, activation: 'relu' }),
    l.conv3d({ name: 'next', filters: 2, kernelSize: 2 }),
  );
}

function uNet() {
  const same = { kernelSize: 3, padding: 'same', activation: 'relu' } as const;
  const x = input({ shape: [8, 8, 2] });
  const down = on(l.conv2d({ name: 'down', filters: 6, ...same }), x);
  const middle = on(l.conv2d({ name: 'middle', filters: 8, ...same }), on(l.maxPooling2d({}), down));
  const joined = on(l.concatenate(), down, on(l.upSampling2d({}), middle));
  const join = on(l.conv2d({ name: 'join', filters: 4, ...same }), joined);
  return model({ inputs: x, outputs: on(l.conv2d({ name: 'head', filters: 1, kernelSize: 1 }), join) });
}
