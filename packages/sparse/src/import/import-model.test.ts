import { layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { SparseError } from '../sparse-error.js';
import { loadGraph } from './graph-model.fixture.js';
import { importModel, type TfjsModel } from './import-model.js';

describe('importModel', () => {
  it('tells layers models and graph models apart', async () => {
    const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
    const graph = await loadGraph({
      placeholders: { x: [-1, 3] },
      nodes: { y: { op: 'Relu', inputs: ['x'] } },
    });
    const imported = await Promise.all([importModel(model), importModel(graph)]);
    expect(imported.map(({ layers }) => layers.at(-1)?.className)).toEqual(['Dense', 'Relu']);
  });

  it.each([[undefined], [null], ['model'], [{}], [[]]])('refuses %j', async (value) => {
    const failure: unknown = await importModel(value as unknown as TfjsModel).catch(
      (error: unknown) => error,
    );
    expect(SparseError.isInstance(failure) && failure.option).toBe('model');
  });
});
