import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linear } from '../graph/activation.js';
import { Weights } from '../graph/weights.js';
import { placeWindow } from '../graph/window.js';
import { interpret } from '../import/interpret.fixture.js';
import { runGraph } from '../program/run-graph.fixture.js';
import { block4, block8 } from './block-sparse.js';
import { type ConvolutionCase, convolutionGraph, singleGraph } from './convolution-cases.fixture.js';
import type { ConvolutionKernel } from './convolution-kernel.js';
import { dense } from './dense.js';

/** The largest error over the largest value of a float64 reference, which are of the order of 1 where there are any. */
function errorOf(options: ConvolutionCase, kernel: ConvolutionKernel): number {
  const { graph, values } = convolutionGraph(options);
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

const kernels: readonly ConvolutionKernel[] = [block8, block4, dense];

describe.each(kernels)('$name', (kernel) => {
  it.each<[string, ConvolutionCase]>([
    ['one of everything', { input: [1, 1, 1, 1], filter: [1, 1, 1], sparsity: 0 }],
    ['a vector times a matrix', { input: [1, 1, 1, 300], filter: [1, 1, 100] }],
    [
      'a vector longer than 16-bit offsets reach',
      { input: [1, 1, 1, 17_000], filter: [1, 1, 24], sparsity: 0.9 },
    ],
    ['two vectors', { input: [2, 1, 1, 37], filter: [1, 1, 21], block: 4 }],
    ['three vectors', { input: [3, 1, 1, 37], filter: [1, 1, 12], activation: 'prelu' }],
    ['a batch of vectors', { input: [32, 1, 1, 100], filter: [1, 1, 17] }],
    ['1x1', { input: [1, 7, 7, 64], filter: [1, 1, 32] }],
    ['1x1 with strides', { input: [2, 7, 9, 8], filter: [1, 1, 24], strides: [2, 3] }],
    ['3x3', { input: [1, 14, 14, 16], filter: [3, 3, 16] }],
    ['3x3 on a column', { input: [1, 9, 1, 5], filter: [3, 3, 9] }],
    ['3x3 on a row', { input: [1, 1, 9, 5], filter: [3, 3, 9] }],
    ['3x3 with no room', { input: [2, 1, 1, 5], filter: [3, 3, 11], activation: 'linear' }],
    ['3x3, valid', { input: [3, 5, 6, 4], filter: [3, 3, 8], padding: 'valid' }],
    ['3x3 to one position', { input: [1, 3, 3, 20], filter: [3, 3, 40], padding: 'valid' }],
    ['a first layer', { input: [1, 15, 15, 3], filter: [3, 3, 32], strides: [2, 2], activation: 'relu6' }],
    [
      'asymmetric padding',
      { input: [1, 8, 8, 3], filter: [3, 3, 8], padding: { top: 0, bottom: 1, left: 0, right: 1 } },
    ],
    [
      'cropping',
      { input: [2, 9, 9, 4], filter: [2, 2, 8], padding: { top: -2, bottom: -1, left: -1, right: -3 } },
    ],
    [
      'cropping and padding',
      { input: [2, 6, 6, 4], filter: [3, 2, 8], padding: { top: -2, bottom: 3, left: 4, right: -3 } },
    ],
    [
      'padding beyond windows',
      { input: [1, 2, 2, 3], filter: [2, 2, 5], padding: { top: 5, bottom: 4, left: 6, right: 3 } },
    ],
    [
      'padding alone',
      {
        input: [1, 1, 1, 1],
        filter: [1, 1, 1],
        sparsity: 0,
        padding: { top: 0, bottom: 0, left: -2, right: 2 },
      },
    ],
    [
      'only padding in some columns',
      { input: [1, 3, 2, 2], filter: [1, 1, 4], padding: { top: 0, bottom: 0, left: 7, right: 0 } },
    ],
    ['large images', { input: [2, 70, 70, 16], filter: [3, 3, 12] }],
    ['a large image with strides', { input: [1, 225, 230, 3], filter: [3, 3, 5], strides: [2, 2] }],
    [
      'a large image with long dilations',
      { input: [2, 40, 200, 10], filter: [5, 3, 4], dilations: [8, 2], strides: [3, 1] },
    ],
    ['a large image of few rows', { input: [3, 3, 2000, 8], filter: [3, 3, 4] }],
    ['dilations', { input: [2, 11, 12, 6], filter: [3, 3, 10], dilations: [2, 3] }],
    [
      '5x5 with strides',
      { input: [1, 13, 10, 7], filter: [5, 5, 9], strides: [3, 2], activation: 'leakyRelu' },
    ],
    ['all zeros', { input: [1, 5, 5, 8], filter: [3, 3, 16], sparsity: 1 }],
    ['all zeros and no bias', { input: [1, 5, 5, 8], filter: [1, 1, 16], sparsity: 1, hasBias: false }],
    [
      '10,000 inputs an output',
      { input: [1, 3, 40, 1112], filter: [3, 3, 8], padding: 'valid', sparsity: 0 },
    ],
    ['10,000 inputs of one output', { input: [1, 1, 1, 10_007], filter: [1, 1, 3], sparsity: 0, block: 1 }],
  ])('computes %s', (_, options) => {
    expect(errorOf(options, kernel)).toBeLessThan(1e-5);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 23])(
    'computes %d channels',
    (channels) => {
      for (const input of [
        [1, 1, 1, 9],
        [1, 1, 13, 5],
        [1, 3, 5, 4],
      ]) {
        for (const activation of ['prelu', 'linear'] as const) {
          expect(errorOf({ input, filter: [1, 1, channels], activation, block: 4 }, kernel)).toBeLessThan(
            1e-5,
          );
          expect(errorOf({ input, filter: [3, 3, channels], activation, block: 4 }, kernel)).toBeLessThan(
            1e-5,
          );
        }
      }
    },
  );

  it.each(Array.from({ length: 33 }, (_, index) => index + 1))('computes %d positions', (positions) => {
    expect(errorOf({ input: [1, 1, positions, 11], filter: [1, 1, 20] }, kernel)).toBeLessThan(1e-5);
    expect(errorOf({ input: [2, 2, positions, 3], filter: [2, 3, 12] }, kernel)).toBeLessThan(1e-5);
  });

  it('computes whatever fits', () => {
    const sizes = { min: 1, max: 12 };
    const pad = fc.integer({ min: -2, max: 4 });
    const pair = (max: number) => fc.tuple(fc.integer({ min: 1, max }), fc.integer({ min: 1, max }));
    const cases = fc.record({
      input: fc.tuple(
        fc.integer({ min: 1, max: 3 }),
        fc.integer(sizes),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 40 }),
      ),
      filter: fc.tuple(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 40 }),
      ),
      strides: pair(3),
      dilations: pair(3),
      padding: fc.oneof(
        fc.constantFrom('same' as const, 'valid' as const),
        fc.record({ top: pad, bottom: pad, left: pad, right: pad }),
      ),
      activation: fc.constantFrom(
        'linear' as const,
        'relu' as const,
        'relu6' as const,
        'leakyRelu' as const,
        'prelu' as const,
        'tanh' as const,
      ),
      sparsity: fc.double({ min: 0, max: 1, noNaN: true }),
      block: fc.constantFrom(1, 4, 8),
      hasBias: fc.boolean(),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, (options) => {
        const { input, filter, strides, dilations, padding } = options;
        const [rows, columns] = filter;
        const placed = placeWindow(
          { size: [rows, columns], strides, dilations, padding },
          input[1],
          input[2],
        );
        fc.pre(placed.outHeight > 0 && placed.outWidth > 0);
        expect(errorOf(options, kernel)).toBeLessThan(1e-5);
      }),
      { numRuns: 150 },
    );
  });
});

describe('dense', () => {
  const operation = {
    kind: 'convolution',
    weights: new Weights(Float32Array.of(0, 2, 1, 0), [1, 1, 2, 2]),
    window: { size: [1, 1], strides: [1, 1], dilations: [1, 1], padding: 'same' },
    activation: linear,
  } as const;

  it('multiplies infinities with zeros', () => {
    const input = { shape: [1, 1, 2, 2], values: Float32Array.of(Number.POSITIVE_INFINITY, 3, 5, 7) };
    const [output] = runGraph(singleGraph(operation), [input], dense) ?? [];
    expect([...(output?.values ?? [])]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 7, 10]);
  });

  it.each(['linear', 'relu', 'relu6', 'leakyRelu'] as const)('passes NaN through %s', (kind) => {
    const activation = kind === 'leakyRelu' ? { kind, alpha: 0.1 } : { kind };
    const input = { shape: [1, 1, 2, 2], values: Float32Array.of(Number.NaN, 3, 1, 2) };
    const [output] = runGraph(singleGraph({ ...operation, activation }), [input], dense) ?? [];
    expect([...(output?.values ?? [])]).toEqual([Number.NaN, Number.NaN, 2, 2]);
  });
});
