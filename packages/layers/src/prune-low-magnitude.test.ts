import { neurons } from '@secateur/masks';
import { constantSparsity, polynomialDecay } from '@secateur/schedules';
import { io, memory, ones, randomNormal, randomUniform, type Tensor, zeros } from '@tensorflow/tfjs-core';
import { type LayersModel, layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import {
  PruneLowMagnitude,
  PruningError,
  pruneLowMagnitude,
  updatePruningStep,
  weightSparsity,
} from './index.js';
import { models } from './models.fixture.js';

const schedule = constantSparsity({ targetSparsity: 0.5, beginStep: 0, frequency: 2 });

function examples(model: LayersModel, batch: number): { x: Tensor[]; y: Tensor } {
  const x = model.inputs.map(({ shape }) => {
    const full = [batch, ...shape.slice(1)] as number[];
    return model.layers[0]?.getClassName().endsWith('Embedding') ||
      (shape[1] === 5 && model.name === 'recurrent')
      ? randomUniform(full, 0, 7, 'int32')
      : randomNormal(full);
  });
  return {
    x,
    y: randomNormal(
      [batch, 2].map((size, axis) => (axis === 0 ? size : (model.outputs[0]?.shape[1] ?? size))),
    ),
  };
}

describe.each(Object.keys(models))('a %s model', (kind) => {
  const build = () => (models[kind] as () => LayersModel)();

  it('predicts the same once wrapped, by weights of the same names', () => {
    const model = build();
    const wrapped = pruneLowMagnitude(model, { schedule });
    const { x } = examples(model, 3);
    const [before, after] = [model.predict(x) as Tensor, wrapped.predict(x) as Tensor];
    expect(Array.from(after.dataSync())).toEqual(Array.from(before.dataSync()));
    const names = wrapped.weights.map(({ originalName }) => originalName);
    expect(names).toEqual(expect.arrayContaining(model.weights.map(({ originalName }) => originalName)));
  });
});

void [
  polynomialDecay,
  neurons,
  io,
  memory,
  ones,
  zeros,
  layers,
  loadLayersModel,
  sequential,
  PruneLowMagnitude,
  PruningError,
  updatePruningStep,
  weightSparsity,
];
