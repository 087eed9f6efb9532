import { layers as l, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { type StepKind, stepKind, upTo, useBias } from './random-step.fixture.js';

/** Steps with products of tensors. */
export const dotSteps: Readonly<Record<string, StepKind>> = {
  attention: stepKind({
    ranks: [3],
    options: { width: upTo(4), valueWidth: upTo(4), useBias, normalize: fc.boolean() },
    branches: true,
    add: (graph, x, { width, valueWidth, useBias, normalize }) => {
      const q = graph.add(l.dense, { units: width, useBias }, x);
      const k = graph.add(l.dense, { units: width, useBias }, x);
      const v = graph.add(l.dense, { units: valueWidth, useBias }, x);
      const scores = graph.add(l.dot, { axes: [2, 2] as [number, number], normalize }, q, k);
      const weights = graph.add(l.activation, { activation: 'softmax' as const }, scores);
      return graph.add(l.dot, { axes: [2, 1] as [number, number] }, weights, v);
    },
  }),
  dot: stepKind({
    ranks: [2, 3],
    options: {
      with: fc.nat(3),
      axis: fc.constantFrom(1, 2),
      other: fc.constantFrom(1, 2),
      normalize: fc.boolean(),
    },
    branches: true,
    add: (graph, x, { with: back, axis, other, normalize }) => {
      const a = Math.min(axis, x.shape.length - 1);
      const axisOf = (y: SymbolicTensor) => Math.min(other, y.shape.length - 1);
      const meets = (y: SymbolicTensor) =>
        y !== x && (y.shape.length === 2 || y.shape.length === 3) && y.shape[axisOf(y)] === x.shape[a];
      const units = x.shape[a] as number;
      const y =
        graph.pick(back, meets) ?? (a === x.shape.length - 1 ? graph.add(l.dense, { units }, x) : undefined);
      if (y === undefined) return undefined;
      const axes: [number, number] = [a, y.shape[axisOf(y)] === units ? axisOf(y) : y.shape.length - 1];
      return graph.add(l.dot, { axes, normalize }, x, y);
    },
  }),
};
