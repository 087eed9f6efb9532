import { cloneModel, type Layer, variablesOf } from '@secateur/layers';
import { add, tensor1d } from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import type { Absorption } from './absorb.js';
import { maskedWeights } from './sliced-weights.js';
import type { Structure } from './structure.js';

/** A copy of the model that reads nothing from the absorbed channels: the biases have what they sent. */
export function absorbedCopy<T extends LayersModel>(
  model: T,
  structure: Structure,
  { removed, shifts }: Absorption,
): T {
  const moved = new Map<LayerVariable, Float32Array>();
  const added = new Map<Layer, Float32Array>();
  for (const { call, values } of shifts) {
    const bias = call.variables.find(({ name }) => name === 'bias');
    if (bias === undefined) added.set(call.layer, values);
    else moved.set(bias.variable, values);
  }
  const masked = maskedWeights(structure, removed);
  return cloneModel(
    model,
    (layer, { className, config }) => ({
      className,
      config: added.has(layer) ? { ...config, useBias: true } : config,
    }),
    (layer) => {
      const variables = variablesOf(layer);
      const weights = masked(layer).map((weight, index) => {
        const shift = moved.get(variables[index] as LayerVariable);
        return shift === undefined ? weight : add(weight, tensor1d(shift));
      });
      const bias = added.get(layer);
      return bias === undefined ? weights : [...weights, tensor1d(bias)];
    },
  );
}
