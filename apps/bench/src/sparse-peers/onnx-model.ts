import type { LayersModel } from '@tensorflow/tfjs-layers';
import { foldBatchNorm } from './fold-batch-norm.js';
import { transposed } from './layouts.js';
import { type OnnxNode, onnxChain } from './onnx.js';

type Layer = LayersModel['layers'][number];

/** What is read of layers' configurations. */
interface Config {
  readonly strides: readonly [number, number];
  readonly padding: unknown;
  readonly maxValue: number;
  readonly activation: string;
}

/**
 * A MobileNetV1 as the bytes of an .onnx file, for one image [1, channels, rows, columns]. Batch norms are folded into
 * the convolutions before them, and padding layers into those behind them, as converters do.
 *
 * @throws Error for a layer that is not in MobileNetV1.
 */
export async function onnxOf(model: LayersModel): Promise<Uint8Array> {
  const nodes: OnnxNode[] = [];
  let padding: Padding = none;
  for (const [index, layer] of model.layers.entries()) {
    const config = layer.getConfig() as unknown as Config;
    switch (layer.getClassName()) {
      case 'ZeroPadding2D':
        padding = config.padding as Padding;
        break;
      case 'Conv2D':
      case 'DepthwiseConv2D':
        if (config.padding === 'same') padding = samePadding(layer, config.strides);
        nodes.push(await convolution(layer, padding, model.layers[index + 1]));
        padding = none;
        break;
      case 'ReLU':
        nodes.push({ op: 'Clip', weights: [scalar(0), scalar(config.maxValue)] });
        break;
      case 'GlobalAveragePooling2D':
        nodes.push({ op: 'GlobalAveragePool' });
        break;
      case 'Activation':
        if (config.activation !== 'softmax')
          throw new Error(`no ONNX for the activation ${config.activation}`);
        nodes.push({ op: 'Flatten' }, { op: 'Softmax' });
        break;
      case 'InputLayer':
      case 'BatchNormalization':
      case 'Dropout':
      case 'Reshape':
        break;
      default:
        throw new Error(`no ONNX for the layer ${layer.name}, ${layer.getClassName()}`);
    }
  }
  const [rows, columns, channels] = shapeOf(model.inputs[0]) as [number, number, number];
  return onnxChain(nodes, { input: [1, channels, rows, columns], output: [1, ...shapeOf(model.outputs[0])] });
}

type Padding = readonly [readonly [top: number, bottom: number], readonly [left: number, right: number]];
const none: Padding = [
  [0, 0],
  [0, 0],
];

async function convolution(layer: Layer, padding: Padding, next: Layer | undefined): Promise<OnnxNode> {
  const { strides } = layer.getConfig() as unknown as Config;
  const { kernel, shape, bias } = await foldBatchNorm(layer, next);
  const [rows, columns, inputs, outputs] = shape;
  const isDepthwise = layer.getClassName() === 'DepthwiseConv2D';
  const order = isDepthwise ? [2, 3, 0, 1] : [3, 2, 0, 1];
  const values = transposed(kernel, shape, order);
  return {
    op: 'Conv',
    weights: [
      { shape: order.map((axis) => shape[axis] as number), values },
      { shape: [isDepthwise ? inputs : outputs], values: bias },
    ],
    attributes: {
      kernel_shape: [rows, columns],
      strides,
      pads: [padding[0][0], padding[1][0], padding[0][1], padding[1][1]],
      group: isDepthwise ? inputs : 1,
    },
  };
}

/** What TensorFlow's padding `same` adds: of an odd number one more at the end. */
function samePadding(layer: Layer, strides: readonly [number, number]): Padding {
  const sizes = shapeOf(Array.isArray(layer.input) ? layer.input[0] : layer.input);
  const [kernel] = layer.getWeights();
  const along = (axis: 0 | 1) => {
    const [size, window, stride] = [sizes[axis] as number, kernel?.shape[axis] as number, strides[axis]];
    const total = Math.max((Math.ceil(size / stride) - 1) * stride + window - size, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
  };
  return [along(0), along(1)];
}

function scalar(value: number) {
  return { shape: [], values: Float32Array.of(value) };
}

/** Without the batch. */
function shapeOf(symbolic: { readonly shape: readonly (number | null)[] } | undefined): number[] {
  return (symbolic?.shape ?? []).slice(1).map(Number);
}
