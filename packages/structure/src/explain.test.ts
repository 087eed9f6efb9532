import { layers as l } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { explain } from './explain.js';
import { chain } from './small-models.fixture.js';

const model = chain(
  l.conv2d({ name: 'conv', filters: 4, kernelSize: 3, inputShape: [6, 6, 2] }),
  l.layerNormalization({ name: 'norm' }),
  l.flatten({ name: 'flat' }),
  l.dense({ name: 'hidden', units: 5 }),
  l.dense({ name: 'logits', units: 2 }),
);

describe('explain', () => {
  it('tells of every layer what can go, why not, and what that saves', () => {
    const { layers, before, after } = explain(model);
    expect(layers.map(({ layer }) => layer)).toEqual([
      'conv_input',
      'conv',
      'norm',
      'flat',
      'hidden',
      'logits',
    ]);
    expect(layers[1]).toEqual({
      layer: 'conv',
      className: 'Conv2D',
      units: 4,
      group: 'conv',
      prunable: 0,
      reasons: ['norm: layer normalization takes the mean and variance over these channels'],
      parameters: 76,
      savedPerUnit: null,
      removed: 0,
    });
    expect(layers[4]).toMatchObject({
      units: 5,
      prunable: 5,
      reasons: [],
      parameters: 325,
      savedPerUnit: { parameters: 64 + 1 + 2, macs: 64 + 2 },
    });
    expect(layers[5]).toMatchObject({ prunable: 0, reasons: ["is the model's output"] });
    expect(before).toEqual({ parameters: 76 + 8 + 325 + 12, macs: 16 * 72 + 320 + 10 });
    expect(after).toEqual(before);
  });

  it('shows what a plan does', () => {
    const plan = { layers: [{ layer: 'hidden', units: 5, remove: [1, 3] }] };
    const { layers, before, after } = explain(model, { plan });
    expect(layers[4]?.removed).toBe(2);
    expect(after).toEqual({ parameters: before.parameters - 2 * 67, macs: before.macs - 2 * 66 });
  });

  it('is a table as a string', () => {
    const lines = String(explain(model)).split('\n');
    expect(lines[0]).toMatch(/^\| layer +\| class +\| units \| group/);
    expect(
      lines
        .find((line) => line.startsWith('| hidden'))
        ?.split('|')
        .map((cell) => cell.trim()),
    ).toEqual(['', 'hidden', 'Dense', '5', 'hidden', '5', '325', '67', '66', '', '', '']);
    expect(lines.at(-1)).toBe('parameters 421 -> 421, MACs 1482 -> 1482');
  });
});
