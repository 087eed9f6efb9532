import { cloneModel, type Layer, variablesOf } from '@secateur/layers';
import { add, mul, sum, type Tensor, tensor, tensor1d } from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import type { Absorption, Carrier } from './absorb.js';
import type { TracedVariable } from './layer-trace.js';
import { maskedWeights } from './sliced-weights.js';
import type { Structure } from './structure.js';

/** A copy of the model that reads nothing from the absorbed channels: the biases have what they sent. */
export function absorbedCopy<T extends LayersModel>(
  model: T,
  structure: Structure,
  { removed, shifts, carriers }: Absorption,
): T {
  const moved = new Map<LayerVariable, Float32Array>();
  const added = new Map<Layer, Float32Array>();
  for (const { call, values } of shifts) {
    const bias = call.variables.find(({ name }) => name === 'bias');
    if (bias === undefined) added.set(call.layer, values);
    else moved.set(bias.variable, values);
  }
  const carried = new Map(carriers.map((carrier) => [kernelOf(carrier)?.variable, carrier] as const));
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
        const variable = variables[index] as LayerVariable;
        const shift = moved.get(variable);
        const carrier = carried.get(variable);
        if (carrier !== undefined) return withCarried(weight, variable.read(), carrier);
        return shift === undefined ? weight : add(weight, tensor1d(shift));
      });
      const bias = added.get(layer);
      return bias === undefined ? weights : [...weights, tensor1d(bias)];
    },
  );
}

function kernelOf({ call }: Carrier): TracedVariable | undefined {
  return call.variables.find(({ name }) => name === 'kernel');
}

/** A kernel that reads from the carrier, in its measure, what the original reads from the others. */
function withCarried(masked: Tensor, original: Tensor, carrier: Carrier): Tensor {
  const axis = kernelOf(carrier)?.axes.findIndex((one) => one?.role === 'in') as number;
  const along = (values: Float32Array) =>
    tensor(
      values,
      original.shape.map((size, index) => (index === axis ? size : 1)),
    );
  const isCarrier = carrier.ratios.map((_, index) => (index === carrier.index ? 1 : 0));
  return add(masked, mul(along(isCarrier), sum(mul(original, along(carrier.ratios)), axis, true)));
}
