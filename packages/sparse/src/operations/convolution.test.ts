import { expect, it } from 'vitest';
import { convolutionKernels } from '../choose.js';
import { Weights } from '../graph/weights.js';
import { runGraph } from '../program/run-graph.fixture.js';
import { problemOf } from './convolution.js';

it('keeps strides that padding makes up for: outputs as many as inputs, but of other places', () => {
  const operation = {
    kind: 'convolution',
    weights: new Weights(Float32Array.of(2), [1, 1, 1, 1]),
    window: {
      size: [1, 1],
      strides: [1, 2],
      dilations: [1, 1],
      padding: { top: 0, bottom: 0, left: 0, right: 2 },
    },
    activation: { kind: 'linear' },
  } as const;
  const graph = {
    nodes: [{ name: 'strided', operation, inputs: [0], output: 1 }],
    inputs: [0],
    outputs: [1],
  };
  const shape = [1, 1, 3, 1];
  for (const kernel of convolutionKernels) {
    if (kernel.cost(problemOf(operation, shape)) === undefined) continue;
    const outputs = runGraph(graph, [{ shape, values: Float32Array.of(1, 2, 3) }], kernel);
    expect([...(outputs?.[0]?.values ?? [])], kernel.name).toEqual([2, 6, 0]);
  }
});
