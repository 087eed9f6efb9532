import { pruneLowMagnitude, startPruning } from '@secateur/layers';
import { constantSparsity } from '@secateur/schedules';
import { registerWasmTraining } from '@secateur/wasm-train';
import { floor, randomUniform, train } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { startBackends } from './backends.js';
import { medianRatio, timeInterleaved } from './interleaved.js';
import { type NetworkName, networks } from './networks.js';
import type { Row } from './row.js';

const batch = 128;
const frequency = 100;
const rounds = 15;

/**
 * A pruned training step over the plain one, both by `trainOnBatch` with Adam. A round is as many steps as lie between
 * two mask updates, so that it pays for one.
 */
export async function overhead(): Promise<Row[]> {
  await startBackends();
  registerWasmTraining();
  const rows: Row[] = [];
  for (const model of ['tutorial', 'guide'] as const) {
    console.error(`overhead: ${model}, batch ${batch}`);
    rows.push({ model, batch, ratio: await ratioFor(model) });
  }
  return rows;
}

async function ratioFor(name: NetworkName): Promise<number> {
  const { inputShape, build } = networks[name];
  const plain = compiled(build());
  const pruned = compiled(
    pruneLowMagnitude(build(), {
      schedule: constantSparsity({ targetSparsity: 0.5, beginStep: 0, frequency }),
    }),
  );
  const pruning = await startPruning(pruned);
  const images = randomUniform([batch, ...inputShape]);
  const labels = floor(randomUniform([batch, 1], 0, 10));
  const times = await timeInterleaved(
    {
      plain: async () => {
        for (let step = 0; step < frequency; step += 1) await plain.trainOnBatch(images, labels);
      },
      pruned: async () => {
        for (let step = 0; step < frequency; step += 1) {
          await pruned.trainOnBatch(images, labels);
          await pruning.step();
        }
      },
    },
    rounds,
  );
  pruning.stop();
  return medianRatio(times.pruned, times.plain);
}

function compiled(model: LayersModel): LayersModel {
  model.compile({ optimizer: train.adam(), loss: 'sparseCategoricalCrossentropy' });
  return model;
}
