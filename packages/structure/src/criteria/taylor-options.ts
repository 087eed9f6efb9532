import { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { StructureError } from '../structure-error.js';
import type { TaylorWeights } from './taylor-parts.js';
import type { Loss } from './weight-gradients.js';

/** Options of `taylor`. */
export interface TaylorOptions {
  /** Examples: a tensor for each input of the model. They stay the caller's, and are needed until the scores are known. */
  readonly x: Tensor | readonly Tensor[];
  /** What is right for them: a tensor for each output of the model. */
  readonly y: Tensor | readonly Tensor[];
  /** The loss of an output, or one for each. Those of several outputs are added up. */
  readonly loss: Loss | readonly Loss[];
  /** How many examples are taken at a time: their gradients are averaged before the sizes of the sums are taken. Default 32. */
  readonly batchSize?: number;
  /** `square` as in the paper, or `abs`: how the size of a sum is taken. Default `square`. */
  readonly size?: 'square' | 'abs';
  /** The weights that stand for a channel: those that make it, or those that read it. Default `writers`. */
  readonly weights?: TaylorWeights;
}

/** Checked options. */
export interface CheckedTaylorOptions {
  readonly x: readonly Tensor[];
  readonly y: readonly Tensor[];
  readonly losses: Loss | readonly Loss[];
  readonly batchSize: number;
  readonly sizeOf: (sum: number) => number;
  readonly weights: TaylorWeights;
}

/** Reads the options. Throws StructureError when one is wrong. */
export function checkedOptions(options: TaylorOptions): CheckedTaylorOptions {
  const { loss, batchSize = 32, size = 'square', weights = 'writers' } = options;
  const x = checkedTensors('x', options.x);
  const y = checkedTensors('y', options.y);
  const examples = x[0]?.shape[0];
  const other = [...x, ...y].find(({ shape }) => shape[0] !== examples);
  if (other !== undefined) {
    throw fault(
      'y',
      `x and y must have the same number of examples, but have ${examples} and ${other.shape[0]}`,
      y,
    );
  }
  const list = Array.isArray(loss) ? loss : [loss];
  if (list.length === 0 || !list.every((one) => typeof one === 'function')) {
    throw fault('loss', 'loss must be a function (yTrue, yPred) => Tensor, or a list of them', loss);
  }
  if (!(Number.isInteger(batchSize) && batchSize > 0)) {
    throw fault('batchSize', `batchSize must be an integer above 0, but is ${String(batchSize)}`, batchSize);
  }
  if (size !== 'square' && size !== 'abs') {
    throw fault('size', `size must be 'square' or 'abs', but is ${String(size)}`, size);
  }
  if (weights !== 'writers' && weights !== 'readers') {
    throw fault('weights', `weights must be 'writers' or 'readers', but is ${String(weights)}`, weights);
  }
  const sizeOf = size === 'square' ? (sum: number) => sum * sum : Math.abs;
  return { x, y, losses: loss, batchSize, sizeOf, weights };
}

function checkedTensors(option: string, given: Tensor | readonly Tensor[]): readonly Tensor[] {
  const tensors = given instanceof Tensor ? [given] : given;
  const isFilled = (one: unknown) => one instanceof Tensor && (one.shape[0] ?? 0) > 0;
  if (!Array.isArray(tensors) || tensors.length === 0 || !tensors.every(isFilled)) {
    throw fault(
      option,
      `${option} must be a tensor of one or more examples, or a list of such tensors`,
      given,
    );
  }
  return [...tensors];
}

/** A loss for each output of the model. Throws StructureError when the options don't fit it. */
export function lossesFor(model: LayersModel, { x, y, losses }: CheckedTaylorOptions): readonly Loss[] {
  const list = typeof losses === 'function' ? model.outputs.map(() => losses) : losses;
  check('x', 'tensor', 'inputs', x, model.inputs.length);
  check('y', 'tensor', 'outputs', y, model.outputs.length);
  check('loss', 'function', 'outputs', list, model.outputs.length);
  return list;
}

function check(option: string, what: string, of: string, given: readonly unknown[], count: number): void {
  if (given.length === count) return;
  throw fault(
    option,
    `${option} must have a ${what} for each of the model's ${count} ${of}, but has ${given.length}`,
    given,
  );
}

function fault(option: string, message: string, value: unknown): StructureError {
  return new StructureError(message, { option, value });
}
