import * as ort from 'onnxruntime-web';
import { channelsFirst, channelsLast, transposed } from './layouts.js';
import { type OnnxNode, onnxChain } from './onnx.js';
import { ortSession } from './ort.js';

/** A convolution of one image, stride 1, padding `same`, and what follows it. */
export interface ConvolutionLayer {
  readonly height: number;
  readonly width: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernelSize: number;
  /** [kernelSize, kernelSize, inputs, outputs] */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  readonly relu?: boolean;
}

/** A dense layer and what follows it. */
export interface DenseLayer {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs, outputs] */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  readonly relu?: boolean;
}

/**
 * A layer in ONNX Runtime, and means to time it without what each call costs: the time of {@link layerTimes} is that of
 * the layer inside a network.
 */
export interface OrtLayer {
  /** Takes and gives what the layer does in tfjs: channels last. */
  run(x: Float32Array): Promise<Float32Array>;
  /** Runs the layer, from a fixed input. */
  single(): Promise<void>;
  /** Runs {@link chained} layers in one call: this one, and in turns with it one from its outputs to its inputs. */
  chain(): Promise<void>;
  release(): Promise<void>;
}

const chained = 5;

/** From the times of rounds of `single` and `chain`, those of one layer. */
export function layerTimes(single: readonly number[], chain: readonly number[]): number[] {
  return single.map((time, round) => ((chain[round] as number) - time) / (chained - 1));
}

/** A convolution in ONNX Runtime, in Node. */
export function ortConvolution(layer: ConvolutionLayer): Promise<OrtLayer> {
  const { height, width, inputs, outputs, kernelSize, kernel } = layer;
  const shape = [kernelSize, kernelSize, inputs, outputs];
  const before = (kernelSize - 1) >> 1;
  const after = kernelSize - 1 - before;
  const node = (order: readonly number[], from: number, to: number): OnnxNode => ({
    op: 'Conv',
    weights: [
      { shape: [to, from, kernelSize, kernelSize], values: transposed(kernel, shape, order) },
      { shape: [to], values: to === outputs ? layer.bias : new Float32Array(to) },
    ],
    attributes: { kernel_shape: [kernelSize, kernelSize], pads: [before, before, after, after] },
  });
  return ortLayer({
    there: node([3, 2, 0, 1], inputs, outputs),
    back: node([2, 3, 0, 1], outputs, inputs),
    relu: layer.relu ?? false,
    input: [1, inputs, height, width],
    output: [1, outputs, height, width],
    toOnnx: (x) => channelsFirst(x, [height, width, inputs]),
    fromOnnx: (y) => channelsLast(y, [outputs, height, width]),
  });
}

/** A dense layer in ONNX Runtime, in Node. */
export function ortDense(layer: DenseLayer): Promise<OrtLayer> {
  const { batch, inputs, outputs, kernel } = layer;
  const node = (values: Float32Array, from: number, to: number): OnnxNode => ({
    op: 'Gemm',
    weights: [
      { shape: [from, to], values },
      { shape: [to], values: to === outputs ? layer.bias : new Float32Array(to) },
    ],
  });
  return ortLayer({
    there: node(kernel, inputs, outputs),
    back: node(transposed(kernel, [inputs, outputs], [1, 0]), outputs, inputs),
    relu: layer.relu ?? false,
    input: [batch, inputs],
    output: [batch, outputs],
    toOnnx: (x) => x,
    fromOnnx: (y) => y,
  });
}

interface LayerInOnnx {
  readonly there: OnnxNode;
  readonly back: OnnxNode;
  readonly relu: boolean;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly toOnnx: (x: Float32Array) => Float32Array;
  readonly fromOnnx: (y: Float32Array) => Float32Array;
}

async function ortLayer(layer: LayerInOnnx): Promise<OrtLayer> {
  const { input, output } = layer;
  const open = (length: number) => {
    const nodes = Array.from({ length }, (_, index) => (index % 2 === 0 ? layer.there : layer.back));
    const withRelu = nodes.flatMap((node) => (layer.relu ? [node, { op: 'Relu' }] : [node]));
    return ortSession(ort, onnxChain(withRelu, { input, output }), input);
  };
  const single = await open(1);
  const chain = await open(chained);
  const size = input.reduce((product, length) => product * length);
  const fixed = Float32Array.from({ length: size }, (_, index) => Math.sin(index));
  return {
    run: async (x) => layer.fromOnnx(await single.run(layer.toOnnx(x))),
    single: async () => void (await single.run(fixed)),
    chain: async () => void (await chain.run(fixed)),
    async release() {
      await single.release();
      await chain.release();
    },
  };
}
