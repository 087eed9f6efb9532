import { describe, expect, it } from 'vitest';
import type { ImportedModel } from '../import/imported-model.js';
import { segment } from './segments.js';
import { foreign, modelOf, operations, step } from './steps.fixture.js';

const { relu, add } = operations;

const summary = (model: ImportedModel) =>
  segment(model).map((stage) => ({
    kind: stage.kind,
    nodes:
      stage.kind === 'native'
        ? stage.graph.nodes.map(({ output }) => output)
        : stage.nodes.map(({ outputs }) => outputs),
    in: stage.inputs,
    out: stage.outputs,
    last: stage.last,
  }));

describe('segment', () => {
  it('keeps a model of ours in one piece', () => {
    const model = modelOf([step(relu, [0], 1), step(relu, [1], 2), step(add, [1, 2], 3)], [3]);
    expect(summary(model)).toEqual([{ kind: 'native', nodes: [1, 2, 3], in: [0], out: [3], last: [] }]);
    expect(segment(model)).toMatchObject([{ graph: { inputs: [0], outputs: [3] } }]);
  });

  it('takes turns', () => {
    const model = modelOf(
      [step(relu, [0], 1), foreign([1], [2]), step(relu, [2], 3), foreign([3], [4])],
      [4],
    );
    expect(summary(model)).toEqual([
      { kind: 'native', nodes: [1], in: [0], out: [1], last: [] },
      { kind: 'foreign', nodes: [[2]], in: [1], out: [2], last: [1] },
      { kind: 'native', nodes: [3], in: [2], out: [3], last: [2] },
      { kind: 'foreign', nodes: [[4]], in: [3], out: [4], last: [3] },
    ]);
  });

  it('starts with tfjs where it has to', () => {
    const model = modelOf([foreign([0], [1, 2]), step(relu, [2], 3)], [3, 2]);
    expect(summary(model)).toEqual([
      { kind: 'foreign', nodes: [[1, 2]], in: [0], out: [2], last: [] },
      { kind: 'native', nodes: [3], in: [2], out: [3], last: [] },
    ]);
  });

  it('puts branches of one kind together, whatever their order', () => {
    const model = modelOf(
      [
        foreign([0], [1]),
        step(relu, [1], 2),
        step(relu, [0], 3),
        foreign([3], [4]),
        step(add, [2, 4], 5),
        step(add, [5, 3], 6),
      ],
      [6],
    );
    expect(summary(model)).toEqual([
      { kind: 'native', nodes: [3], in: [0], out: [3], last: [] },
      { kind: 'foreign', nodes: [[1], [4]], in: [0, 3], out: [1, 4], last: [] },
      { kind: 'native', nodes: [2, 5, 6], in: [1, 4, 3], out: [6], last: [3, 1, 4] },
    ]);
  });

  it('keeps outputs of the model that later stages read, and inputs that are outputs', () => {
    const model = modelOf([step(relu, [0], 1), foreign([1], [2])], [1, 2, 0, 1]);
    expect(summary(model)).toEqual([
      { kind: 'native', nodes: [1], in: [0], out: [1], last: [] },
      { kind: 'foreign', nodes: [[2]], in: [1], out: [2], last: [] },
    ]);
    expect(segment(modelOf([], [0]))).toEqual([]);
  });

  it('lets go of values that nothing reads', () => {
    const model = modelOf([foreign([0], [1, 2]), step(relu, [1], 3)], [3]);
    expect(summary(model)[0]).toEqual({ kind: 'foreign', nodes: [[1, 2]], in: [0], out: [1], last: [] });
  });
});
