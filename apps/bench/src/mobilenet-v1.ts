import type { Tensor } from '@tensorflow/tfjs-core';
import { tensor1d } from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  layers,
  model as modelOf,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { type Pruning, prunePointwise } from './prune-kernels.js';

/** How a MobileNetV1 is built. */
export interface MobileNetV1Options {
  /** Of all weights. Default 0. */
  readonly seed?: number;
  /**
   * `keras` (default) is the stock network: strided convolutions padded at the right and the bottom only, the classes by a
   * 1x1 convolution. `litert` has as many weights, and the same, but meets LiteRT's conditions for its sparse kernels:
   * strided convolutions padded on all sides, the classes by a dense layer behind the mean.
   */
  readonly variant?: 'keras' | 'litert';
  /** Prunes the 1x1 convolutions, and the dense layer of `litert`. Default: nothing. */
  readonly pruning?: Pruning;
}

/** Filters and stride of the 13 depthwise separable blocks. */
const blocks: readonly (readonly [filters: number, strides: 1 | 2])[] = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  ...Array.from({ length: 5 }, () => [512, 1] as const),
  [1024, 2],
  [1024, 1],
];

/**
 * Keras's MobileNetV1 of width 1.0, on images of 224x224x3 with values in [-1, 1] and 1000 classes, with random weights. Its
 * batch norms hold the moments that their inputs have, pruned or not, so that signals neither die out nor run away.
 */
export async function mobilenetV1(options: MobileNetV1Options = {}): Promise<LayersModel> {
  const model = build(options);
  if (options.pruning !== undefined) await prunePointwise(model, options.pruning);
  await settleBatchNorms(model);
  return model;
}

function build({ seed = 0, variant = 'keras' }: MobileNetV1Options): LayersModel {
  let next = 1000 * seed;
  const seeded = () => {
    next += 1;
    return next;
  };
  const heNormal = () => initializers.heNormal({ seed: seeded() });
  const stridedPadding: [[number, number], [number, number]] =
    variant === 'keras'
      ? [
          [0, 1],
          [0, 1],
        ]
      : [
          [1, 1],
          [1, 1],
        ];

  const image = input({ name: 'input_1', shape: [224, 224, 3] });
  let x: SymbolicTensor = image;
  const add = (layer: { apply(x: SymbolicTensor): unknown }) => {
    x = layer.apply(x) as SymbolicTensor;
  };
  const normalize = (name: string) => {
    add(
      layers.batchNormalization({
        name: `${name}_bn`,
        betaInitializer: initializers.randomNormal({ mean: betaMean, stddev: 0.1, seed: seeded() }),
        gammaInitializer: initializers.randomUniform({ minval: 0.8, maxval: 1.2, seed: seeded() }),
      }),
    );
    add(layers.reLU({ name: `${name}_relu`, maxValue: 6 }));
  };

  add(layers.zeroPadding2d({ name: 'conv1_pad', padding: stridedPadding }));
  add(
    layers.conv2d({
      name: 'conv1',
      filters: 32,
      kernelSize: 3,
      strides: 2,
      useBias: false,
      kernelInitializer: heNormal(),
    }),
  );
  normalize('conv1');
  for (const [index, [filters, strides]] of blocks.entries()) {
    const block = index + 1;
    if (strides === 2) add(layers.zeroPadding2d({ name: `conv_pad_${block}`, padding: stridedPadding }));
    add(
      layers.depthwiseConv2d({
        name: `conv_dw_${block}`,
        kernelSize: 3,
        strides,
        padding: strides === 1 ? 'same' : 'valid',
        useBias: false,
        depthwiseInitializer: heNormal(),
      }),
    );
    normalize(`conv_dw_${block}`);
    add(
      layers.conv2d({
        name: `conv_pw_${block}`,
        filters,
        kernelSize: 1,
        useBias: false,
        kernelInitializer: heNormal(),
      }),
    );
    normalize(`conv_pw_${block}`);
  }
  const biasInitializer = initializers.randomNormal({ stddev: 0.1, seed: seeded() });
  const classes = { name: 'conv_preds', kernelInitializer: heNormal(), biasInitializer };
  add(layers.globalAveragePooling2d({ name: 'global_average_pooling2d', dataFormat: 'channelsLast' }));
  if (variant === 'keras') {
    add(layers.reshape({ name: 'reshape_1', targetShape: [1, 1, 1024] }));
    add(layers.dropout({ name: 'dropout', rate: 1e-3 }));
    add(layers.conv2d({ ...classes, filters: 1000, kernelSize: 1 }));
    add(layers.reshape({ name: 'reshape_2', targetShape: [1000] }));
  } else {
    add(layers.dense({ ...classes, units: 1000 }));
  }
  add(layers.activation({ name: 'predictions', activation: 'softmax' }));
  return modelOf({ inputs: image, outputs: x });
}

/** Of what a batch norm gives. */
const betaMean = 0.2;
/** Of what the activation behind it gives, max(0, x) with x normally distributed around betaMean with deviation 1. */
const activated = { mean: 0.507, variance: 0.423 };
/** Of images, uniform in [-1, 1]. */
const pixel = { mean: 0, variance: 1 / 3 };

/** Sets the moving moments of each batch norm to those that the weights before it give to independent inputs. */
async function settleBatchNorms(model: LayersModel): Promise<void> {
  let kernel: Tensor | undefined;
  for (const layer of model.layers) {
    if (layer.getClassName() === 'BatchNormalization' && kernel !== undefined) {
      const channels = layer.weights[0]?.shape[0] as number;
      const inputs = layer.name === 'conv1_bn' ? pixel : activated;
      const sums = new Float32Array(channels);
      const squares = new Float32Array(channels);
      for (const [index, value] of (await kernel.data()).entries()) {
        sums[index % channels] = (sums[index % channels] as number) + value * inputs.mean;
        squares[index % channels] = (squares[index % channels] as number) + value * value * inputs.variance;
      }
      const [gamma, beta] = layer.getWeights();
      const moments = [tensor1d(sums), tensor1d(squares)];
      layer.setWeights([gamma as Tensor, beta as Tensor, ...moments]);
      for (const moment of moments) moment.dispose();
    } else if (layer.weights.length > 0) {
      kernel = layer.getWeights()[0];
    }
  }
}
