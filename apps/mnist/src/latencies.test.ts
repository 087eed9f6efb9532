import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBare } from '@secateur/sparse/bare';
import { registerWasmTraining } from '@secateur/wasm-train';
import { dispose, getBackend, memory, randomUniform, tensor2d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { withLatencies } from './latencies.js';
import { networks } from './networks.js';
import { prune, trainDense, type Workplace } from './pipeline.js';
import { recipes } from './recipe.js';

if (getBackend() === 'wasm') registerWasmTraining();

it.each(networks)('prunes the $name network, saves it as a bare model, and times it', async (network) => {
  const before = memory().numTensors;
  const examples = (count: number) => ({
    images: randomUniform([count, 784], 0, 1, 'float32', count),
    labels: tensor2d(
      Array.from({ length: count }, (_, index) => index % 10),
      [count, 1],
    ),
  });
  const folder = await mkdtemp(join(tmpdir(), 'latencies-'));
  const place: Workplace = { folder, train: examples(64), test: examples(50) };
  const dense = await trainDense(place, network, 0, 1, () => {});
  const [constant] = recipes;
  if (constant === undefined) throw new Error('no recipe');
  const row = await prune(place, dense, constant, 1, () => {});

  expect(row.accuracy.sparse).toBe(row.accuracy.reloaded);
  const bare = await loadBare(await readFile(row.files.bare));
  expect([bare.inputShape, bare.outputShape]).toEqual([
    [1, 784],
    [1, 10],
  ]);
  const scores = bare.run(new Float32Array(784).fill(0.5));
  expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 5);
  bare.dispose();

  const [timed] = await withLatencies([row]);
  const { tfjs, ...ours } = timed?.latency.pruned ?? {};
  for (const time of Object.values(ours)) {
    expect(time).toBeGreaterThan(0);
    expect(time).toBeLessThan(tfjs ?? 0);
  }

  for (const { images, labels } of [place.train, place.test]) dispose([images, labels]);
  const saves = 2; // each leaves one of tfjs's own: how many steps an optimizer has taken
  expect(memory().numTensors).toBe(before + saves);
});
