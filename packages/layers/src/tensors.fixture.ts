import { registerWasmTraining } from '@secateur/wasm-train';
import { getBackend, memory, mul, randomNormal, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { unwrap } from './clone-model.js';
import { variablesOf } from './prunable.js';
import { isContainer, type Layer, type LayerVariable } from './tfjs.js';

// The stock wasm backend can't train convolutions and embeddings.
if (getBackend() === 'wasm') registerWasmTraining();

/** Seeded normal numbers: the same for the same shape and seed. */
export function normal(shape: number[], seed: number): Tensor {
  return randomNormal(shape, 0, 1, 'float32', seed);
}

/** The values of a tensor or a variable, as plain numbers. */
export async function valuesOf(tensor: Tensor | LayerVariable): Promise<number[]> {
  return Array.from(await ('read' in tensor ? tensor.read() : tensor).data());
}

/** A copy of all weights of a model by name, masks and steps included. */
export async function weightsOf(model: LayersModel): Promise<Record<string, number[]>> {
  const entries = model.weights.map(
    async (variable) => [variable.originalName, await valuesOf(variable)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** Sets all weights but moving averages to small seeded numbers, so that two models built alike are the same. */
export function seedWeights(model: LayersModel, seed = 1): LayersModel {
  const layers = (container: LayersModel): Layer[] =>
    container.layers.flatMap((layer) => (isContainer(layer) ? layers(layer) : [unwrap(layer)]));
  layers(model)
    .flatMap(variablesOf)
    .filter(({ originalName }) => !originalName.includes('moving'))
    .forEach((variable, index) => {
      tidy(() => {
        variable.write(mul(normal(variable.shape as number[], seed * 1000 + index), 0.3));
      });
    });
  return model;
}

/** The weight of that name. */
export function weightNamed(model: LayersModel, name: string): LayerVariable {
  const found = model.weights.find(({ originalName }) => originalName === name);
  if (found === undefined)
    throw new Error(`no weight ${name} in ${model.weights.map((w) => w.originalName)}`);
  return found;
}

/** How many tensors more there are after `work` than before. */
export async function tensorsLeftBy(work: () => unknown): Promise<number> {
  const before = memory().numTensors;
  await work();
  return memory().numTensors - before;
}

export function countZeros(values: readonly number[]): number {
  return values.filter((value) => value === 0).length;
}
