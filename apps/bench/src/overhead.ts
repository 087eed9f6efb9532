import { pruneLowMagnitude, startPruning } from '@secateur/layers';
import { constantSparsity } from '@secateur/schedules';
import { registerWasmTraining } from '@secateur/wasm-train';
import { floor, memory, randomUniform, train } from '@tensorflow/tfjs-core';
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
 * two mask updates, so that it pays for one. `leakedTensors` counts what over a thousand steps leave behind.
 */
export async function overhead(): Promise<Row[]> {
  await startBackends();
  registerWasmTraining();
  const rows: Row[] = [];
  for (const model of ['tutorial', 'guide'] as const) {
    console.error(`overhead: ${model}, batch ${batch}`);
    rows.push({ model, batch, ...(await measure(model)) });
  }
  return rows;
}

async function measure(name: NetworkName): Promise<{ ratio: number; leakedTensors: number }> {
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
  const plainSteps = async (steps: number) => {
    for (let step = 0; step < steps; step += 1) await plain.trainOnBatch(images, labels);
  };
  const prunedSteps = async (steps: number) => {
    for (let step = 0; step < steps; step += 1) {
      await pruned.trainOnBatch(images, labels);
      await pruning.step();
    }
  };
  // The first step makes the slots of the optimizer.
  await plainSteps(1);
  await prunedSteps(1);
  const before = memory().numTensors;
  const times = await timeInterleaved(
    { plain: () => plainSteps(frequency), pruned: () => prunedSteps(frequency) },
    rounds,
  );
  const leakedTensors = memory().numTensors - before;
  pruning.stop();
  return { ratio: medianRatio(times.pruned, times.plain), leakedTensors };
}

function compiled(model: LayersModel): LayersModel {
  model.compile({ optimizer: train.adam(), loss: 'sparseCategoricalCrossentropy' });
  return model;
}
