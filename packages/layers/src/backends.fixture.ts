import {
  block,
  filters,
  fromFunction,
  type MaskStrategy,
  magnitude,
  neurons,
  nm,
  packMask,
  registerStrategy,
  type WeightKind,
} from '@secateur/masks';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import type { Layer } from './tfjs.js';

/** A layer whose weights have one kind. Its weights fill no whole number of mask words. */
interface KindCase {
  readonly kind: WeightKind;
  /** The weights to prune, where they are not the usual ones. */
  readonly weights?: readonly string[];
  /** Inputs below this are indices. */
  readonly indices?: number;
  layer(name: string): Layer;
}

const kinds: readonly KindCase[] = [
  {
    kind: 'dense',
    layer: (name) => layers.dense({ name, units: 13, activation: 'tanh', inputShape: [2, 9] }),
  },
  {
    kind: 'conv',
    layer: (name) =>
      layers.conv2d({ name, filters: 5, kernelSize: 3, activation: 'relu', inputShape: [5, 5, 3] }),
  },
  {
    kind: 'conv-transpose',
    layer: (name) => layers.conv2dTranspose({ name, filters: 3, kernelSize: [2, 3], inputShape: [3, 3, 5] }),
  },
  {
    kind: 'depthwise',
    weights: ['depthwise_kernel'],
    layer: (name) =>
      layers.depthwiseConv2d({ name, kernelSize: 3, depthMultiplier: 2, inputShape: [4, 4, 5] }),
  },
  {
    kind: 'recurrent',
    layer: (name) =>
      layers.gru({
        name,
        units: 4,
        returnSequences: true,
        recurrentInitializer: 'glorotNormal',
        inputShape: [3, 5],
      }),
  },
  {
    kind: 'embedding',
    indices: 11,
    layer: (name) => layers.embedding({ name, inputDim: 11, outputDim: 6, inputLength: 4 }),
  },
  { kind: 'other', weights: ['alpha'], layer: (name) => layers.prelu({ name, inputShape: [7, 6] }) },
];

const convolutional: readonly WeightKind[] = ['conv', 'conv-transpose', 'depthwise'];
const withChannels: readonly WeightKind[] = ['dense', 'recurrent', 'embedding', ...convolutional];
const all: readonly WeightKind[] = [...withChannels, 'other'];

/** Keeps weights by their place alone, about as many as it should, in words with no pattern. */
const scattered = fromFunction(
  ({ values }, sparsity) =>
    packMask(Array.from(values, (_, index) => Math.imul(index + 1, 0x9e3779b1) >>> 0 >= sparsity * 2 ** 32)),
  { kind: 'scattered' },
);
registerStrategy('scattered', () => scattered);

/** The strategies. A new one joins here, with the kinds of weights that it prunes. */
const strategies: readonly { name: string; strategy: MaskStrategy; kinds: readonly WeightKind[] }[] = [
  { name: 'magnitude', strategy: magnitude(), kinds: all },
  { name: 'magnitude, ties kept', strategy: magnitude({ ties: 'keep' }), kinds: all },
  { name: 'magnitude, whole model', strategy: magnitude({ scope: 'model', minKept: 0.1 }), kinds: all },
  { name: 'block', strategy: block({ blockSize: [2, 3] }), kinds: withChannels },
  { name: 'block, maximum', strategy: block({ blockSize: [1, 2], pooling: 'max' }), kinds: withChannels },
  { name: 'nm 2:4', strategy: nm(), kinds: withChannels },
  { name: 'nm 1:2', strategy: nm({ zeros: 1, group: 2 }), kinds: withChannels },
  { name: 'neurons, l1', strategy: neurons(), kinds: ['dense'] },
  { name: 'neurons, l2', strategy: neurons({ norm: 'l2' }), kinds: ['dense'] },
  { name: 'filters, l1', strategy: filters(), kinds: convolutional },
  { name: 'filters, l2', strategy: filters({ norm: 'l2' }), kinds: convolutional },
  { name: 'a function', strategy: scattered, kinds: all },
];

/** One row of the table: a strategy on a kind of weights, in a model that ends in a dense layer `head`. */
export interface BackendCase {
  readonly name: string;
  readonly kind: WeightKind;
  readonly strategy: MaskStrategy;
  readonly weights: readonly string[] | undefined;
  readonly indices: number | undefined;
  build(): LayersModel;
}

export const backendCases: readonly BackendCase[] = strategies.flatMap(({ name, strategy, kinds: fitting }) =>
  kinds
    .filter(({ kind }) => fitting.includes(kind))
    .map(({ kind, weights, indices, layer }) => ({
      name: `${name} on ${kind}`,
      kind,
      strategy,
      weights,
      indices,
      build: () =>
        sequential({
          layers: [
            layer('pruned'),
            layers.flatten({ name: 'flatten' }),
            layers.dense({ name: 'head', units: 3 }),
          ],
        }),
    })),
);
