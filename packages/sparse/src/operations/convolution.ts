import { isLight, linear } from '../graph/activation.js';
import type { Convolution, Product } from '../graph/operation.js';
import { channelsOf, type Shape, sizeOf } from '../graph/shape.js';
import { placeWindow } from '../graph/window.js';
import type { ConvolutionProblem } from '../kernels/convolution-problem.js';
import { SparseError } from '../sparse-error.js';
import { lowerActivation } from './activate.js';
import { activationBound } from './activation-bound.js';
import type { OperationCall, OperationRule } from './operation-rule.js';
import { windowShape } from './window-shape.js';

export const convolution: OperationRule<Convolution> = {
  outputShape: ({ weights, window }, [shape]) =>
    windowShape(window, shape, weights.shape[2], weights.shape[3]),
  bound: productBound,
  lower(operation, call) {
    lowerProblem(operation, problemOf(operation, call.inputs[0]?.shape ?? []), call);
  },
};

export const product: OperationRule<Product> = {
  outputShape({ weights }, [shape = []]) {
    const [, , inChannels, outChannels] = weights.shape;
    if (shape.length === 0 || channelsOf(shape) !== inChannels) {
      throw new SparseError(`a product with ${inChannels} rows got an input of shape [${shape}]`, {
        option: 'input',
        value: shape,
      });
    }
    return [...shape.slice(0, -1), outChannels];
  },
  bound: productBound,
  lower(operation, call) {
    const shape = call.inputs[0]?.shape ?? [];
    lowerProblem(operation, pointwise(operation, sizeOf(shape.slice(0, -1))), call);
  },
};

/** The problem of a convolution on images of a shape. @internal */
export function problemOf(operation: Convolution, shape: Shape): ConvolutionProblem {
  const { window, weights, bias } = operation;
  const [batch = 1, inHeight = 1, inWidth = 1] = shape;
  const [filterHeight, filterWidth, inChannels, outChannels] = weights.shape;
  const { outHeight, outWidth, top, left } = placeWindow(window, inHeight, inWidth);
  const [strideY, strideX] = window.strides;
  const [dilationY, dilationX] = window.dilations;
  // Padding below and on the right can make up for strides in the sizes, but not in the places.
  const isAlone =
    filterHeight * filterWidth === 1 &&
    outHeight === inHeight &&
    outWidth === inWidth &&
    (strideY === 1 || inHeight === 1) &&
    (strideX === 1 || inWidth === 1) &&
    top === 0 &&
    left === 0;
  if (isAlone) return pointwise(operation, batch * inHeight * inWidth);
  return {
    ...{ batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth },
    ...{ strideY, strideX, dilationY, dilationX, top, left, weights, activation: linear },
    ...(bias !== undefined && { bias }),
  };
}

/** The problem of a product with `positions` rows. */
function pointwise({ weights, bias }: Convolution | Product, positions: number): ConvolutionProblem {
  const [, , inChannels, outChannels] = weights.shape;
  return {
    ...{
      batch: 1,
      inHeight: 1,
      inWidth: positions,
      inChannels,
      outHeight: 1,
      outWidth: positions,
      outChannels,
    },
    ...{
      filterHeight: 1,
      filterWidth: 1,
      strideY: 1,
      strideX: 1,
      dilationY: 1,
      dilationX: 1,
      top: 0,
      left: 0,
    },
    ...{ weights, activation: linear },
    ...(bias !== undefined && { bias }),
  };
}

function lowerProblem(
  { activation }: Convolution | Product,
  problem: ConvolutionProblem,
  { inputs, output, lowering, choose }: OperationCall,
): void {
  const [x] = inputs;
  if (x === undefined || sizeOf(output.shape) === 0) return;
  const whole = isLight(activation) ? { ...problem, activation } : problem;
  choose(whole).lower(whole, x.address, output.address, lowering);
  if (!isLight(activation)) lowerActivation(activation, output, output, lowering);
}

/** The largest sum of |weights| of an output channel, times the bound, plus the largest |bias|. */
function productBound(
  { weights, bias, activation }: Convolution | Product,
  [bound = 0]: readonly number[],
): number {
  const outChannels = weights.shape[3];
  const sums = new Float64Array(outChannels);
  weights.values.forEach((value, at) => {
    sums[at % outChannels] = (sums[at % outChannels] as number) + Math.abs(value);
  });
  let most = 0;
  sums.forEach((sum, channel) => {
    most = Math.max(most, sum * bound + Math.abs(bias?.[channel] ?? 0));
  });
  return activationBound(activation, most);
}
