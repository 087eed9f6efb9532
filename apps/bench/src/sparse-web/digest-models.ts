import { initializers, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { type Pruning, pruneKernels } from '../prune-kernels.js';

/** A model of one layer, and how many examples to give it. */
export interface DigestModel {
  readonly name: string;
  readonly batch: number;
  build(): Promise<LayersModel>;
}

/** One layer of each kind, with sizes that 4 and 8 divide and some that they don't. */
export function digestModels(pruning: Pruning): DigestModel[] {
  const bias = { biasInitializer: random(1) };
  const kernel = { kernelInitializer: random(2), ...bias };
  const conv2d = layers.conv2d;
  const cases: Readonly<
    Record<string, readonly [batch: number, layer: () => LayersModel['layers'][number]]>
  > = {
    'conv 1x1': [
      1,
      () => conv2d({ ...kernel, inputShape: [14, 14, 64], filters: 128, kernelSize: 1, activation: 'relu6' }),
    ],
    'conv 3x3': [
      1,
      () =>
        conv2d({
          ...kernel,
          inputShape: [28, 28, 32],
          filters: 64,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
        }),
    ],
    'conv 3x3, stride 2': [
      2,
      () =>
        conv2d({
          ...kernel,
          inputShape: [15, 13, 19],
          filters: 30,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
          activation: 'elu',
        }),
    ],
    'conv 5x5': [
      1,
      () => conv2d({ ...kernel, inputShape: [17, 11, 7], filters: 24, kernelSize: 5, activation: 'tanh' }),
    ],
    'depthwise 3x3': [
      1,
      () =>
        layers.depthwiseConv2d({
          ...bias,
          inputShape: [28, 28, 40],
          kernelSize: 3,
          padding: 'same',
          depthwiseInitializer: random(3),
        }),
    ],
    'dense, batch 1': [
      1,
      () => layers.dense({ ...kernel, inputShape: [784], units: 300, activation: 'sigmoid' }),
    ],
    'dense, batch 32': [
      32,
      () => layers.dense({ ...kernel, inputShape: [301], units: 99, activation: 'relu' }),
    ],
  };
  return Object.entries(cases).map(([name, [batch, layer]]) => ({
    name,
    batch,
    async build() {
      const model = sequential({ layers: [layer()] });
      await pruneKernels(model, pruning);
      return model;
    },
  }));
}

function random(seed: number) {
  return initializers.randomNormal({ stddev: 0.1, seed });
}
