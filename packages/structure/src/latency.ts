import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { probeInputs, withoutFeatures } from './probe.js';
import type { Removal, Structure } from './structure.js';

const warmUps = 2;
const rounds = 15;
const seed = 1;

/**
 * The time of one prediction by the shrunk model over that by the model, on the current backend: the median of ratios taken
 * in turns, so that what else the machine does falls on both.
 */
export async function latencyRatio(
  model: LayersModel,
  structure: Structure,
  shrunk: LayersModel,
  removed: Removal,
): Promise<number> {
  const inputs = probeInputs(model, structure, { seed, batch: 1 });
  const fewer = withoutFeatures(model, structure, removed, inputs);
  const ratios: number[] = [];
  try {
    for (let round = -warmUps; round < rounds; round++) {
      const dense = await predictionTime(model, inputs);
      const small = await predictionTime(shrunk, fewer);
      if (round >= 0) ratios.push(small / dense);
    }
  } finally {
    dispose([...inputs, ...fewer]);
  }
  return ratios.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number;
}

/** Milliseconds from the call to the values: a backend may compute later than it returns. */
async function predictionTime(model: LayersModel, inputs: readonly Tensor[]): Promise<number> {
  const start = performance.now();
  const outputs = [model.predict([...inputs])].flat();
  await Promise.all(outputs.map((output) => output.data()));
  const time = performance.now() - start;
  dispose(outputs);
  return time;
}
