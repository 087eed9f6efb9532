import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerWasmTraining } from '@secateur/wasm-train';
import { dispose, getBackend, memory, randomUniform, tensor2d } from '@tensorflow/tfjs-core';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import type { Network } from './networks.js';
import { trainDense, type Workplace } from './pipeline.js';
import { type ShrunkRow, shrinkInRounds } from './shrink.js';

if (getBackend() === 'wasm') registerWasmTraining();

const network: Network = {
  name: 'tiny',
  roundTo: 1,
  build: (seed) => {
    const kernelInitializer = initializers.glorotUniform({ seed });
    const hidden = layers.dense({
      name: 'hidden',
      units: 12,
      activation: 'relu',
      inputShape: [20],
      kernelInitializer,
    });
    const scores = layers.dense({ name: 'scores', units: 10, activation: 'softmax', kernelInitializer });
    return sequential({ layers: [hidden, scores] });
  },
};

/** Without what differs from run to run. */
const figures = ({ seconds, ...row }: ShrunkRow) => row;

const digestOf = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

it('removes units in rounds, saves each, and a stopped run ends with the same files', async () => {
  const before = memory().numTensors;
  const examples = (count: number) => ({
    images: randomUniform([count, 20], 0, 1, 'float32', count),
    labels: tensor2d(
      Array.from({ length: count }, (_, index) => index % 10),
      [count, 1],
    ),
  });
  const folder = await mkdtemp(join(tmpdir(), 'shrink-'));
  const place: Workplace = { folder, train: examples(70), test: examples(50) };
  const run = async () =>
    shrinkInRounds(place, await trainDense(place, network, 0, 1, () => {}), 2, () => {});
  const fileOf = ({ folders }: ShrunkRow) => join(folders.shrunk, 'pruned_model.h5');

  const rows = await run();
  expect(
    rows.map(({ recipe, epochs, widths, parameters, macs }) => [recipe, epochs, widths, parameters, macs]),
  ).toEqual(
    [
      [9, 289, 270, '75 % of the MACs'] as const,
      [6, 196, 180, '50 % of the MACs'] as const,
      [3, 103, 90, '25 % of the MACs'] as const,
    ].map(([units, parameters, macs, recipe], round) => [
      recipe,
      { dense: 1, pruned: 2 * (round + 1) },
      { dense: [12, 10], shrunk: [units, 10] },
      { dense: 382, shrunk: parameters },
      { dense: 360, shrunk: macs },
    ]),
  );
  for (const { accuracy, size } of rows) {
    expect(accuracy.reloaded).toBe(accuracy.pruned);
    expect(size.pruned.gzip).toBeLessThan(size.dense.gzip);
  }

  const digests = await Promise.all(rows.map((row) => digestOf(fileOf(row))));
  expect(new Set(digests).size).toBe(3);
  for (const { folders } of rows.slice(1)) await rm(folders.shrunk, { recursive: true });
  const resumed = await run();
  expect(resumed[0]?.seconds).toEqual(rows[0]?.seconds); // found, not trained again
  expect(resumed.map(figures)).toEqual(rows.map(figures));
  expect(await Promise.all(resumed.map((row) => digestOf(fileOf(row))))).toEqual(digests);

  for (const { images, labels } of [place.train, place.test]) dispose([images, labels]);
  const saves = 1 + 6 + 4; // each leaves one of tfjs's own: how many steps an optimizer has taken
  expect(memory().numTensors).toBe(before + saves);
});
