import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convolutionKernels } from '../choose.js';
import type { Convolution, Operation } from '../graph/operation.js';
import { Weights } from '../graph/weights.js';
import type { ConvolutionKernel } from '../kernels/convolution-kernel.js';
import { problemOf } from '../operations/convolution.js';
import { SparseError } from '../sparse-error.js';
import { activationKinds } from './activations.fixture.js';
import { budget } from './budget.fixture.js';
import { compareWithReference } from './compare.fixture.js';
import { type ConvolutionCase, convolutionCase, fits, makeConvolution } from './convolution-case.fixture.js';
import { floats, numberKinds } from './numbers.fixture.js';
import { patterns } from './patterns.fixture.js';
import { Random } from './random.fixture.js';
import { expectSameBits, runInPieces, runPoisoned } from './run-poisoned.fixture.js';
import { checkSample } from './sampled-convolution.fixture.js';

/** Checks one kernel on one convolution. Gives back whether the kernel computes it. */
function check(kernel: ConvolutionKernel, drawn: ConvolutionCase): boolean {
  const { graph, operation, input, inputs, isExact } = makeConvolution(drawn);
  const random = new Random(drawn.seed + 1);
  const choose = () => kernel;
  if (!fits(drawn)) {
    expect(() => runPoisoned(graph, inputs, choose, random)).toThrow(SparseError);
    return false;
  }
  const cost = kernel.cost(problemOf(operation, input.shape));
  if (cost === undefined) return false;
  expect(cost).toBeGreaterThan(0);
  expect(cost).toBeLessThan(1e9);
  const got = runPoisoned(graph, inputs, choose, random);
  if (drawn.isSpoilt && kernel.name !== 'dense') {
    expect(got, 'an input that is not finite').toBeUndefined();
    return true;
  }
  if (got === undefined) throw new Error('the input is refused');
  compareWithReference(graph, inputs, got, isExact);
  if (drawn.seed % 3 === 0)
    expectSameBits(got, runInPieces(graph, inputs, choose, random), 'a run in pieces');
  return true;
}

/** Checks a kernel on a convolution that is too large to compute all of it by plain loops. */
function checkLarge(kernel: ConvolutionKernel, drawn: ConvolutionCase): void {
  const { graph, operation, input, inputs } = makeConvolution(drawn);
  if (!fits(drawn) || kernel.cost(problemOf(operation, input.shape)) === undefined) return;
  const random = new Random(drawn.seed + 1);
  const got = runPoisoned(graph, inputs, () => kernel, random);
  const [output] = got ?? [];
  if (output === undefined) throw new Error('the input is refused');
  checkSample(operation, input, output, 60, random);
  expectSameBits(
    got,
    runInPieces(graph, inputs, () => kernel, random),
    'a run in pieces',
  );
}

const pointwise: Convolution['window'] = {
  size: [1, 1],
  strides: [1, 1],
  dilations: [1, 1],
  padding: 'valid',
};
const seed = fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 }));

/** Products of few rows with many inputs or outputs. */
const product: fc.Arbitrary<ConvolutionCase> = fc
  .record({
    width: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 })),
    inChannels: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 1300 })),
    outChannels: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 700 })),
    pattern: fc.constantFrom(...patterns),
    numbers: fc.constantFrom(...numberKinds),
    activation: fc.constantFrom(...activationKinds),
    hasBias: fc.boolean(),
    seed,
  })
  .filter(({ width, inChannels, outChannels }) => width * inChannels * outChannels <= 200_000)
  .map((drawn) => ({ ...drawn, batch: 1, height: 1, window: pointwise, isSpoilt: drawn.seed % 16 === 0 }));

const large: fc.Arbitrary<ConvolutionCase> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    height: fc.integer({ min: 1, max: 60 }),
    width: fc.integer({ min: 1, max: 120 }),
    inChannels: fc.integer({ min: 1, max: 400 }),
    outChannels: fc.integer({ min: 1, max: 400 }),
    size: fc.constantFrom<[number, number]>([1, 1], [1, 1], [3, 3], [5, 1], [2, 3]),
    stride: fc.constantFrom(1, 1, 2),
    padding: fc.constantFrom('same' as const, 'valid' as const, { top: 0, bottom: 1, left: 0, right: 1 }),
    pattern: fc.constantFrom(...patterns),
    activation: fc.constantFrom(...activationKinds),
    seed,
  })
  .filter(
    ({ batch, height, width, inChannels, outChannels, size }) =>
      batch * height * width * inChannels * outChannels * size[0] * size[1] <= 1e8 &&
      batch * height * width * Math.max(inChannels, outChannels) <= 1e6,
  )
  .map(({ size, stride, padding, ...drawn }) => ({
    ...drawn,
    window: { size, strides: [stride, stride], dilations: [1, 1], padding },
    ...{ numbers: 'usual', hasBias: true, isSpoilt: false },
  }));

describe('convolution kernels', () => {
  it.each(convolutionKernels)('$name computes convolutions as plain loops do', (kernel) => {
    fc.assert(
      fc.property(convolutionCase, (drawn) => void check(kernel, drawn)),
      budget(1000),
    );
  });

  it.each(convolutionKernels)('$name computes products as plain loops do', (kernel) => {
    let used = 0;
    fc.assert(
      fc.property(product, (drawn) => {
        if (check(kernel, drawn)) used += 1;
      }),
      budget(300),
    );
    expect(used).toBeGreaterThan(200);
  });

  it.each(convolutionKernels)('$name computes large convolutions', (kernel) => {
    fc.assert(
      fc.property(large, (drawn) => checkLarge(kernel, drawn)),
      budget(30),
    );
  });

  it.each(convolutionKernels)('$name adds up 30,000 inputs', (kernel) => {
    const drawn: ConvolutionCase = {
      ...{ batch: 1, height: 1, width: 2, inChannels: 30_000, outChannels: 13, window: pointwise },
      ...{ pattern: 'all', numbers: 'usual', activation: 'linear', hasBias: true, isSpoilt: false, seed: 3 },
    };
    check(kernel, drawn);
    check(kernel, { ...drawn, numbers: 'quantized', pattern: 'unstructured' });
    // All of one sign: the sum is as large as its parts.
    const { graph, operation, input } = makeConvolution(drawn);
    const positive = {
      ...operation,
      weights: new Weights(operation.weights.values.map(Math.abs), operation.weights.shape),
    };
    const x = { ...input, values: input.values.map(Math.abs) };
    const one = { ...graph, nodes: graph.nodes.map((node) => ({ ...node, operation: positive })) };
    const got = runPoisoned(one, [x], () => kernel, new Random(1));
    compareWithReference(one, [x], got ?? []);
  });

  it.each(convolutionKernels)(
    '$name takes weights that are almost, but not quite, multiples of a step',
    (kernel) => {
      const [inputs, outputs] = [64, 5];
      const weights = floats(inputs * outputs, () => 1 / 127 + 9e-7);
      weights.fill(1, 0, outputs);
      const operation: Operation = {
        kind: 'product',
        weights: new Weights(weights, [1, 1, inputs, outputs]),
        activation: { kind: 'linear' },
      };
      // The large weights, of which the step is a part, see nothing.
      const x = { shape: [2, inputs], values: floats(2 * inputs, () => 1) };
      for (const at of [0, inputs]) x.values[at] = 0;
      const graph = {
        nodes: [{ name: 'product', operation, inputs: [0], output: 1 }],
        inputs: [0],
        outputs: [1],
      };
      const got = runPoisoned(graph, [x], () => kernel, new Random(1));
      compareWithReference(graph, [x], got ?? []);
    },
  );
});
