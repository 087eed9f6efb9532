import { describe, expect, it } from 'vitest';
import { linear } from '../graph/activation.js';
import { Weights } from '../graph/weights.js';
import { interpret } from '../import/interpret.fixture.js';
import { runGraph } from '../program/run-graph.fixture.js';
import { type ConvolutionCase, convolutionGraph } from './convolution-cases.fixture.js';
import type { ConvolutionKernel } from './convolution-kernel.js';
import type { ConvolutionProblem } from './convolution-problem.js';
import { unstructured } from './unstructured.js';
import { gather } from './unstructured-gather.js';

/** The largest error over the largest value of a float64 reference. */
function errorOf(options: ConvolutionCase, kernel: ConvolutionKernel): number {
  const { graph, values } = convolutionGraph({ block: 1, ...options });
  const input = { shape: options.input, values };
  const [got] = runGraph(graph, [input], kernel) ?? [];
  const [expected] = interpret(graph, [input]);
  if (got === undefined || expected === undefined) throw new Error('the graph did not run');
  expect(got.shape).toEqual(expected.shape);
  let error = 0;
  let most = 1;
  expected.values.forEach((value, index) => {
    error = Math.max(error, Math.abs((got.values[index] ?? Number.NaN) - value));
    most = Math.max(most, Math.abs(value));
  });
  return error / most;
}

const pointwise: readonly [string, ConvolutionCase][] = [
  ['one of everything', { input: [1, 1, 1, 1], filter: [1, 1, 1], sparsity: 0 }],
  ['a vector times a matrix', { input: [1, 1, 1, 300], filter: [1, 1, 100], activation: 'prelu' }],
  ['more inputs than 16-bit offsets reach', { input: [1, 1, 1, 17_000], filter: [1, 1, 11], sparsity: 0.9 }],
  ['a few rows', { input: [3, 1, 1, 37], filter: [1, 1, 21] }],
  ['all zeros', { input: [2, 5, 5, 8], filter: [1, 1, 16], sparsity: 1, hasBias: false }],
  ['one input of 10,000 for each output', { input: [1, 1, 1, 10_007], filter: [1, 1, 3], sparsity: 0 }],
];

describe.each([unstructured, gather])('$name', (kernel) => {
  it.each(pointwise)('computes %s', (_, options) => {
    expect(errorOf(options, kernel)).toBeLessThan(1e-5);
  });

  it.each([1, 2, 3, 4, 5, 7, 8, 9, 66, 67, 68, 69, 131])('computes %d channels from as many', (channels) => {
    for (const positions of [1, 3, 30]) {
      const options: ConvolutionCase = {
        input: [1, 1, positions, channels],
        filter: [1, 1, channels],
        activation: 'prelu',
      };
      expect(errorOf(options, kernel)).toBeLessThan(1e-5);
    }
  });

  it.each(Array.from({ length: 70 }, (_, index) => index + 1))('computes %d positions', (positions) => {
    expect(errorOf({ input: [1, 1, positions, 11], filter: [1, 1, 20] }, kernel)).toBeLessThan(1e-5);
  });
});

describe('unstructured', () => {
  it.each<[string, ConvolutionCase]>([
    ['many nonzeros', { input: [1, 7, 7, 700], filter: [1, 1, 150], sparsity: 0.3 }],
    [
      'blocks of input channels and several tiles',
      { input: [1, 5, 9, 1500], filter: [1, 1, 70], sparsity: 0.3, activation: 'prelu' },
    ],
    ['blocks of input channels', { input: [1, 1, 9, 1500], filter: [1, 1, 13], activation: 'relu6' }],
    ['bands of rows', { input: [2, 50, 40, 40], filter: [3, 3, 20], sparsity: 0.95 }],
    [
      'bands of rows with strides',
      { input: [1, 61, 80, 40], filter: [3, 3, 5], strides: [2, 2], sparsity: 0.95 },
    ],
    ['parts of one long row', { input: [2, 1, 5000, 16], filter: [1, 5, 12], sparsity: 0.9 }],
    ['parts of the nonzeros', { input: [1, 5, 6, 130], filter: [3, 3, 70], sparsity: 0.2 }],
    ['1x1 with strides', { input: [2, 7, 9, 8], filter: [1, 1, 24], strides: [2, 3] }],
    [
      '1x1 with a column of zeros',
      {
        input: [1, 1, 9, 8],
        filter: [1, 1, 5],
        padding: { top: 0, bottom: 0, left: 0, right: 1 },
      },
    ],
    ['a window that is larger than the image', { input: [2, 2, 1, 5], filter: [3, 3, 11] }],
    ['a first layer', { input: [1, 15, 15, 3], filter: [3, 3, 32], strides: [2, 2], activation: 'relu6' }],
    ['strides that skip inputs', { input: [1, 13, 11, 5], filter: [2, 2, 6], strides: [3, 4] }],
    [
      'dilations and strides',
      { input: [2, 11, 12, 6], filter: [3, 3, 10], dilations: [2, 3], strides: [2, 2] },
    ],
    [
      'cropping',
      { input: [2, 9, 9, 4], filter: [2, 2, 8], padding: { top: -2, bottom: -1, left: -1, right: -3 } },
    ],
    [
      'padding beyond windows',
      { input: [1, 2, 2, 3], filter: [2, 2, 5], padding: { top: 5, bottom: 4, left: 6, right: 3 } },
    ],
  ])('computes %s', (_, options) => {
    expect(errorOf(options, unstructured)).toBeLessThan(1e-5);
  });
});

describe('gather', () => {
  it.each<[string, Partial<ConvolutionProblem>]>([
    [
      'several inputs for an output',
      { filterWidth: 3, weights: new Weights(new Float32Array(12), [1, 3, 2, 2]) },
    ],
    ['a column of zeros', { outWidth: 5 }],
  ])('is not for problems with %s', (_, change) => {
    const problem = {
      ...{ batch: 1, inHeight: 1, inWidth: 4, inChannels: 2, outHeight: 1, outWidth: 4, outChannels: 2 },
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
      weights: new Weights(new Float32Array(4), [1, 1, 2, 2]),
      activation: linear,
    };
    expect(gather.cost(problem)).toBeGreaterThan(0);
    expect(gather.cost({ ...problem, ...change })).toBeUndefined();
  });

  it.each([1, 3])('multiplies quantized weights with %d rows', (rows) => {
    const { graph, values } = convolutionGraph({ input: [rows, 1, 1, 90], filter: [1, 1, 30], block: 1 });
    const [node] = graph.nodes;
    if (node?.operation.kind !== 'convolution') throw new Error('the graph has another operation');
    const { weights } = node.operation;
    const steps = weights.values.map((value, at) => Math.round(100 * value) * (0.003 + 0.001 * (at % 30)));
    const operation = { ...node.operation, weights: new Weights(steps, weights.shape) };
    const quantized = { ...graph, nodes: [{ ...node, operation }] };
    const input = { shape: [rows, 1, 1, 90], values };
    const [got] = runGraph(quantized, [input], gather) ?? [];
    const [expected] = interpret(quantized, [input]);
    expected?.values.forEach((value, index) => {
      expect(Math.abs(value - (got?.values[index] ?? Number.NaN))).toBeLessThan(1e-5);
    });
  });
});
