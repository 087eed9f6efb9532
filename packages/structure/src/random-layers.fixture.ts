import { layers as l } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { halving } from './custom-layer.fixture.js';
import { activation, type StepKind, stepKind, trainable, useBias } from './random-step.fixture.js';

const everyRank = [2, 3, 4, 5];

/** Steps that add one layer which works on each element, or normalizes. */
export const layerSteps: Readonly<Record<string, StepKind>> = {
  rescaling: stepKind({
    ranks: everyRank,
    options: { scale: fc.constantFrom(0.5, 2), offset: fc.constantFrom(0, -0.25) },
    add: (graph, x, { scale, offset }) => graph.add(l.rescaling, { scale, offset }, x),
  }),
  activation: stepKind({
    ranks: everyRank,
    options: { activation },
    add: (graph, x, { activation }) => graph.add(l.activation, { activation }, x),
  }),
  reLU: stepKind({
    ranks: everyRank,
    options: { maxValue: fc.constantFrom(undefined, 1, 6) },
    add: (graph, x, { maxValue }) => graph.add(l.reLU, maxValue === undefined ? {} : { maxValue }, x),
  }),
  leakyReLU: stepKind({
    ranks: everyRank,
    options: {},
    add: (graph, x) => graph.add(l.leakyReLU, { alpha: 0.2 }, x),
  }),
  elu: stepKind({ ranks: everyRank, options: {}, add: (graph, x) => graph.add(l.elu, {}, x) }),
  thresholdedReLU: stepKind({
    ranks: everyRank,
    options: {},
    add: (graph, x) => graph.add(l.thresholdedReLU, { theta: 0.3 }, x),
  }),
  prelu: stepKind({
    ranks: everyRank,
    options: { shares: fc.boolean() },
    add: (graph, x, { shares }) => {
      const axes = Array.from({ length: x.shape.length - 2 }, (_, i) => i + 1);
      // Where the last axis is shared, the backend wasm takes the wrong slopes.
      const canShare = axes.length > 0 && graph.format(x) === 'channelsLast';
      return graph.add(l.prelu, shares && canShare ? { sharedAxes: axes } : {}, x);
    },
  }),
  softmax: stepKind({
    ranks: everyRank,
    options: { overSpace: fc.boolean() },
    add: (graph, x, { overSpace }) => {
      // It takes a mask, and tfjs would give it one of the wrong rank.
      if (graph.context.isMasked) return undefined;
      return graph.add(l.softmax, { axis: overSpace && x.shape.length === 4 ? [1, 2] : -1 }, x);
    },
  }),
  // On another axis than the last, the backends cpu and wasm take the wrong statistics.
  batchNormalization: stepKind({
    ranks: [4, 2, 3],
    options: { center: useBias, scale: useBias, trainable },
    add: (graph, x, { center, scale, trainable }) =>
      graph.add(l.batchNormalization, { center, scale, trainable }, x),
  }),
  layerNormalization: stepKind({
    ranks: [3, 2, 4],
    options: { first: fc.constantFrom(false, false, true), center: useBias, scale: useBias },
    add: (graph, x, { first, center, scale }) =>
      graph.add(l.layerNormalization, { axis: first ? 1 : -1, center, scale }, x),
  }),
  spatialDropout1d: stepKind({
    ranks: [3],
    options: {},
    add: (graph, x) => graph.add(l.spatialDropout1d, { rate: 0.2 }, x),
  }),
  unknown: stepKind({
    ranks: everyRank,
    options: {},
    add: (graph, x) => graph.add(halving, {}, x),
  }),
  dropout: stepKind({
    ranks: everyRank,
    options: { of: fc.constantFrom('plain', 'alpha', 'gaussian', 'noise', 'shaped') },
    add: (graph, x, { of }) => {
      if (of === 'alpha') return graph.add(l.alphaDropout, { rate: 0.2 }, x);
      if (of === 'gaussian') return graph.add(l.gaussianDropout, { rate: 0.2 }, x);
      if (of === 'noise') return graph.add(l.gaussianNoise, { stddev: 0.2 }, x);
      const noiseShape = [null as unknown as number, ...(x.shape.slice(1) as number[])];
      return graph.add(l.dropout, of === 'shaped' ? { rate: 0.2, noiseShape } : { rate: 0.2 }, x);
    },
  }),
};
