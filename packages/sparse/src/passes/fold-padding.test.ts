import { describe, expect, it } from 'vitest';
import type { Padding } from '../graph/window.js';
import { foldPadding } from './fold-padding.js';
import { fates, foreign, modelOf, operations, step } from './steps.fixture.js';

const { unbiased, depthwise, pad, pool, add } = operations;
const padded = (padding: Padding) => ({ ...unbiased, window: { ...unbiased.window, padding } });
const around = (top: number, bottom: number, left: number, right: number) => ({ top, bottom, left, right });

describe('foldPadding', () => {
  it.each<[Padding, Padding]>([
    ['valid', around(1, 2, 3, 4)],
    [around(1, 1, 1, 1), around(2, 3, 4, 5)],
  ])('adds to a padding of %o', (before, after) => {
    const model = foldPadding(modelOf([step(pad, [0], 1), step(padded(before), [1], 2)], [2]));
    expect(model.nodes).toEqual([step(padded(after), [0], 2)]);
    expect(fates(model)).toEqual({ 'layer 1': 'in layer 2', 'layer 2': 'native' });
  });

  it('folds into depthwise convolutions', () => {
    const model = foldPadding(modelOf([step(pad, [0], 1), step(depthwise, [1], 2)], [2]));
    expect(model.nodes).toMatchObject([
      { inputs: [0], operation: { window: { padding: around(1, 2, 3, 4) } } },
    ]);
  });

  it('folds into several convolutions, and stays for others', () => {
    const both = [step(pad, [0], 1), step(unbiased, [1], 2), step(unbiased, [1], 3)];
    expect(foldPadding(modelOf([...both, step(add, [2, 3], 4)], [4])).nodes.length).toBe(3);
    const model = foldPadding(modelOf([...both, foreign([1], [4])], [2, 3, 4]));
    expect(model.nodes).toMatchObject([{ output: 1 }, { inputs: [0] }, { inputs: [0] }, { inputs: [1] }]);
    expect(fates(model)['layer 1']).toBe('native');
  });

  it('stays where the model gives it', () => {
    const model = foldPadding(modelOf([step(pad, [0], 1), step(unbiased, [1], 2)], [2, 1]));
    expect(model.nodes.map(({ name }) => name)).toEqual(['layer 1', 'layer 2']);
  });

  it.each([
    ['a window with a padding that depends on the size', [step(pad, [0], 1), step(padded('same'), [1], 2)]],
    ['pooling', [step(pad, [0], 1), step(pool, [1], 2)]],
    ['another padding', [step(pad, [0], 1), step(pad, [1], 2)]],
  ])('leaves %s', (_, steps) => {
    const model = modelOf(steps, [2]);
    expect(foldPadding(model)).toEqual(model);
  });
});
