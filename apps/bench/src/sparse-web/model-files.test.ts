import { io } from '@tensorflow/tfjs-core';
import { layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import type { Files } from './browser.js';
import { addFloats, addModelFiles } from './model-files.js';

it('makes the files that tfjs loads', async () => {
  const model = sequential({ layers: [layers.dense({ units: 3, inputShape: [2] })] });
  const files: Files = new Map();
  expect(await addModelFiles(files, '/here', model)).toBe('/here/model.json');
  const fetchFunc = async (address: unknown) =>
    new Response(Uint8Array.from(files.get(new URL(String(address)).pathname) as Uint8Array));
  const loaded = await loadLayersModel(io.http('http://localhost/here/model.json', { fetchFunc }));
  const [before, after] = [model.getWeights(), loaded.getWeights()];
  expect(await after[0]?.data()).toEqual(await before[0]?.data());
  for (const each of [model, loaded]) each.dispose();
});

it('keeps the bits of floats, of a part of a buffer too', () => {
  const files: Files = new Map();
  addFloats(files, '/x', new Float32Array([9, 1, -0.5]).subarray(1));
  expect([...(files.get('/x') as Uint8Array)]).toEqual([0, 0, 128, 63, 0, 0, 0, 191]);
});
