import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { AnyLayer } from './layer-paths.fixture.js';

/** Multiply-adds of a model on one example: each weight of a kernel counts at each position that its layer is called for. */
export function countedMacs(model: LayersModel): number {
  return ofModel(
    model,
    model.inputs.map(({ shape }) => [1, ...(shape.slice(1) as number[])]),
  ).macs;
}

/** Follows the shapes of one example, where every size is known. */
function ofModel(model: LayersModel, inputs: readonly Shape[]): { macs: number; shapes: Shape[] } {
  let total = 0;
  const known = new Map<SymbolicTensor, Shape>();
  model.inputs.forEach((tensor, index) => {
    known.set(tensor, inputs[index] ?? []);
  });
  const shapeOf = (tensor: SymbolicTensor): Shape => {
    const shape = known.get(tensor);
    if (shape !== undefined) return shape;
    const node = tensor.sourceLayer.inboundNodes[tensor.nodeIndex];
    const given = node?.inputTensors.map(shapeOf) ?? [];
    const { macs, shapes } = ofCall(tensor.sourceLayer as AnyLayer, given);
    total += macs;
    node?.outputTensors.forEach((output, index) => {
      known.set(output, shapes[index] ?? []);
    });
    return shapeOf(tensor);
  };
  return { shapes: model.outputs.map(shapeOf), macs: total };
}

function ofCall(layer: AnyLayer, inputs: readonly Shape[]): { macs: number; shapes: Shape[] } {
  if (layer.layers !== undefined) return ofModel(layer as unknown as LayersModel, inputs);
  const [[batch = 1, steps = 1, ...step] = []] = inputs;
  if (layer.layer !== undefined && layer.forwardLayer === undefined) {
    const { macs, shapes } = ofCall(layer.layer, [[batch, ...step]]);
    return { macs: steps * macs, shapes: shapes.map(([, ...sizes]) => [batch, steps, ...sizes]) };
  }
  const copies = inputs.map((shape) => [...shape]);
  const shapes = [
    layer.computeOutputShape(copies.length === 1 ? (copies[0] as number[]) : copies),
  ] as unknown[];
  const outputs = (Array.isArray((shapes[0] as unknown[])[0]) ? shapes.flat() : shapes) as Shape[];
  return { macs: macs(layer, inputs, outputs[0] ?? []), shapes: outputs };
}

type Shape = readonly number[];

const product = (sizes: Shape): number => sizes.reduce((a, b) => a * b, 1);

function macs(layer: AnyLayer, [input = [], other = []]: readonly Shape[], output: Shape): number {
  const config = layer.getConfig();
  const kernel = sizeOf(layer, 'kernel');
  const axis = config.dataFormat === 'channelsFirst' ? 1 : -1;
  const inputs = product(input) / (input.at(axis) ?? 1);
  const outputs = product(output) / (output.at(axis) ?? 1);
  const [, steps = 1] = input;
  if (layer.forwardLayer?.cell !== undefined && layer.backwardLayer?.cell !== undefined) {
    return steps * (ofCells(layer.forwardLayer.cell) + ofCells(layer.backwardLayer.cell));
  }
  switch (layer.getClassName()) {
    case 'Dense':
      return inputs * kernel;
    case 'Conv1D':
    case 'Conv2D':
    case 'Conv3D':
      return outputs * kernel;
    case 'Conv2DTranspose':
    case 'Conv3DTranspose':
      return inputs * kernel;
    case 'DepthwiseConv2D':
      return outputs * sizeOf(layer, 'depthwise_kernel');
    case 'SeparableConv2D':
      return outputs * (sizeOf(layer, 'depthwise_kernel') + sizeOf(layer, 'pointwise_kernel'));
    case 'Dot':
      return (product(input) * product(other)) / contracted(config.axes, input);
    case 'ConvLSTM2D': {
      const [height = 1, width = 1] = output.slice(-3, -1);
      return steps * height * width * ofCells(layer.cell as AnyLayer);
    }
    default:
      return layer.cell === undefined ? 0 : steps * ofCells(layer.cell);
  }
}

/** The size of the axis that Dot sums over. */
function contracted(axes: unknown, input: Shape): number {
  return input.at([axes].flat()[0] as number) ?? 1;
}

function ofCells(cell: AnyLayer): number {
  const each = (cell.cells ?? [cell]).map((one) => sizeOf(one, 'kernel') + sizeOf(one, 'recurrent_kernel'));
  return each.reduce((a, b) => a + b, 0);
}

function sizeOf(layer: AnyLayer, name: string): number {
  const weight = layer.weights.find(({ originalName }) => originalName.split('/').at(-1) === name);
  return weight === undefined ? 0 : product(weight.shape as number[]);
}
