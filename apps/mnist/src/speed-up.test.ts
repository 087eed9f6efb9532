import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFile } from '@secateur/export/node';
import { memory, randomUniform } from '@tensorflow/tfjs-core';
import { layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { speedUpOf } from './speed-up.js';

/** The function as a page gets it: a text, with nothing around it. */
const fromText = new Function(`return (${speedUpOf})`)() as typeof speedUpOf;

it('finds a network of a hundredth of the multiply-adds faster, and frees both', async () => {
  const before = memory().numTensors;
  const folder = await mkdtemp(join(tmpdir(), 'speed-up-'));
  const sources = { dense: nodeFile(join(folder, 'dense')), shrunk: nodeFile(join(folder, 'shrunk')) };
  for (const [name, units] of [
    ['dense', 400],
    ['shrunk', 4],
  ] as const) {
    const model = sequential({
      layers: [layers.dense({ units, inputShape: [784] }), layers.dense({ units: 10 })],
    });
    await model.save(sources[name]);
    model.dispose();
  }
  expect(await fromText({ loadLayersModel, randomUniform }, sources)).toBeGreaterThan(2);
  expect(memory().numTensors).toBe(before);
});
