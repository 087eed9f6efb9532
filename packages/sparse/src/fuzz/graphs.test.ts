import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidates, denseKernel } from '../choose.js';
import type { Operation } from '../graph/operation.js';
import { sizeOf } from '../graph/shape.js';
import { interpret } from '../import/interpret.fixture.js';
import type { ConvolutionProblem } from '../kernels/convolution-problem.js';
import { budget } from './budget.fixture.js';
import { compareWithReference, magnitudes, mostOf } from './compare.fixture.js';
import { floats, inputOf, type NumberKind, spoil } from './numbers.fixture.js';
import type { Tensor32 } from './poisoned-memory.fixture.js';
import { Random } from './random.fixture.js';
import { type GraphSizes, randomGraph } from './random-graph.fixture.js';
import { isExact } from './random-operation.fixture.js';
import { type Choose, expectSameBits, runInPieces, runPoisoned } from './run-poisoned.fixture.js';
import { withGraph } from './show-graph.fixture.js';

const sizes: fc.Arbitrary<GraphSizes> = fc.record({
  nodes: fc.integer({ min: 1, max: 12 }),
  batch: fc.integer({ min: 1, max: 3 }),
  side: fc.integer({ min: 1, max: 9 }),
  channels: fc.integer({ min: 1, max: 20 }),
});
const seed = fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 }));

function make(drawn: GraphSizes, numbers: NumberKind, random: Random) {
  const { graph, inputShapes } = randomGraph(drawn, numbers, random);
  const inputs = inputShapes.map((shape) => ({
    shape,
    values: floats(sizeOf(shape), () => inputOf(numbers, random)),
  }));
  return { graph, inputs };
}

function shapesOf(inputs: readonly Tensor32[]) {
  return inputs.map(({ shape }) => shape);
}

/** Whether windows may be nothing but padding, whose mean is NaN. */
function mayMissImage(operation: Operation): boolean {
  if (operation.kind !== 'pool') return false;
  const { padding, dilations } = operation.window;
  return typeof padding === 'object' || (padding === 'same' && Math.max(...dilations) > 1);
}

/** Any of the kernels, the same for the same problem. */
function anyKernel(turn: number): Choose {
  return (problem: ConvolutionProblem) => {
    const all = candidates(problem);
    const { kernel } = all[(turn + problem.outChannels + problem.inChannels) % all.length] ?? {};
    if (kernel === undefined) throw new Error('no kernel');
    return kernel;
  };
}

describe('graphs', () => {
  it('compute what plain loops do', () => {
    let refused = 0;
    let runs = 0;
    const run = (drawn: GraphSizes, numbers: NumberKind, one: number) => {
      const random = new Random(one);
      const { graph, inputs } = make(drawn, numbers, random);
      const choose = anyKernel(random.integer(0, 4));
      const got = runPoisoned(graph, inputs, choose, random);
      runs += 1;
      if (got === undefined) {
        refused += 1;
        const all = interpret({ ...graph, outputs: graph.nodes.map(({ output }) => output) }, inputs);
        const most = Math.max(...all.map(({ values }) => mostOf(values)));
        const areFinite = all.every(({ values }) => values.every((value) => Number.isFinite(value)));
        const areBounded = !graph.nodes.some(({ operation }) => mayMissImage(operation));
        if (areFinite && most < 9e9 && areBounded)
          throw new Error(`refused, though no value is larger than ${most}`);
        return;
      }
      const isSmall = magnitudes(graph, inputs).every((magnitude) => magnitude < 4096);
      const exact =
        numbers === 'integers' && isSmall && graph.nodes.every(({ operation }) => isExact(operation));
      withGraph(graph, shapesOf(inputs), () => {
        compareWithReference(graph, inputs, got, exact);
        expectSameBits(got, runInPieces(graph, inputs, choose, random), 'a run in pieces');
      });
    };
    fc.assert(fc.property(sizes, fc.constantFrom<NumberKind>('usual', 'integers'), seed, run), budget(1000));
    expect(refused).toBeLessThan(runs / 10);
  });

  it('pass NaN and infinities when kernels are dense', () => {
    const run = (drawn: GraphSizes, one: number) => {
      const random = new Random(one);
      const { graph, inputs } = make(drawn, 'usual', random);
      spoil(random.pick(inputs).values, random);
      const got = runPoisoned(graph, inputs, denseKernel, random);
      if (got === undefined) throw new Error('refused, though no kernel skips zeros');
      withGraph(graph, shapesOf(inputs), () => compareWithReference(graph, inputs, got));
    };
    fc.assert(fc.property(sizes, seed, run), budget(300));
  });

  it('refuse values that are not finite when a kernel skips zeros', () => {
    const run = (drawn: GraphSizes, one: number) => {
      const random = new Random(one);
      const { graph, inputs } = make(drawn, 'usual', random);
      let skips = false;
      const choose: Choose = (problem) => {
        const kernel = anyKernel(0)(problem);
        skips ||= kernel.name !== 'dense';
        return kernel;
      };
      spoil(random.pick(inputs).values, random);
      const got = runPoisoned(graph, inputs, choose, random);
      if (skips) expect(got).toBeUndefined();
    };
    fc.assert(fc.property(sizes, seed, run), budget(200));
  });
});
