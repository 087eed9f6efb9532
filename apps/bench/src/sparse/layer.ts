import { fused, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { randomLcg } from 'd3-random';
import { type Pattern, prunedWeights } from './patterns.js';

/** A layer alone: a convolution of one image with stride 1, or a dense layer. ReLU follows. */
export type LayerShape =
  | {
      readonly kind: 'conv';
      readonly size: number;
      readonly kernel: number;
      readonly inputs: number;
      readonly outputs: number;
      readonly strides?: number;
    }
  | { readonly kind: 'dense'; readonly batch: number; readonly inputs: number; readonly outputs: number };

/** A layer with pruned weights, as a model, as tfjs's fused operation, and with an input. */
export interface BenchLayer {
  readonly model: LayersModel;
  readonly input: Tensor;
  readonly kernel: Float32Array;
  readonly filter: Tensor;
  readonly biases: Tensor;
  readonly bias: Float32Array;
  /** Multiply-adds with weights that are not zero. */
  readonly sparseMacs: number;
  /** The layer and its activation in one operation of tfjs: the fastest that tfjs has. */
  fusedByTfjs(): Tensor;
  release(): void;
}

/** Builds a layer. Its weights and input are the same for the same seed. */
export function buildLayer(shape: LayerShape, pattern: Pattern, sparsity: number, seed = 1): BenchLayer {
  const random = randomLcg(seed / 1000);
  const { inputs, outputs } = shape;
  const kernelShape =
    shape.kind === 'conv' ? [shape.kernel, shape.kernel, inputs, outputs] : [inputs, outputs];
  const inputShape = shape.kind === 'conv' ? [1, shape.size, shape.size, inputs] : [shape.batch, inputs];
  const kernel = prunedWeights(kernelShape, pattern, sparsity, random);
  const bias = Float32Array.from({ length: outputs }, () => random() - 0.5);
  const strides = shape.kind === 'conv' ? (shape.strides ?? 1) : 1;
  const layer =
    shape.kind === 'conv'
      ? layers.conv2d({
          filters: outputs,
          kernelSize: shape.kernel,
          strides,
          padding: 'same',
          activation: 'relu',
          inputShape: inputShape.slice(1),
        })
      : layers.dense({ units: outputs, activation: 'relu', inputShape: [inputs] });
  const model = sequential({ layers: [layer] });
  const filter = tensor(kernel, kernelShape);
  const biases = tensor(bias);
  layer.setWeights([filter, biases]);
  const size = inputShape.reduce((product, length) => product * length, 1);
  const input = tensor(
    Float32Array.from({ length: size }, () => random() - 0.5),
    inputShape,
  );
  const positions = shape.kind === 'conv' ? Math.ceil(shape.size / strides) ** 2 : shape.batch;
  return {
    ...{ model, input, kernel, filter, bias, biases },
    sparseMacs: positions * kernel.filter((weight) => weight !== 0).length,
    fusedByTfjs: () =>
      tidy(() =>
        shape.kind === 'conv'
          ? fused.conv2d({
              x: input as never,
              filter: filter as never,
              strides,
              pad: 'same',
              bias: biases,
              activation: 'relu',
            })
          : fused.matMul({ a: input, b: filter, bias: biases, activation: 'relu' }),
      ),
    release() {
      for (const held of [model, filter, biases, input]) held.dispose();
    },
  };
}
