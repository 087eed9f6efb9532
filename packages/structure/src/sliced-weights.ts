import { type Layer, variablesOf } from '@secateur/layers';
import { gather, mul, scalar, type Tensor, tensor, tensor1d } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { WeightAxis } from './rule.js';
import { keptIndices, type Removal, type Structure } from './structure.js';

/** The axes of every variable of a model. */
export type VariableAxes = ReadonlyMap<LayerVariable, readonly (WeightAxis | null)[]>;

/** The axes that the rules give to the variables of a model. */
export function variableAxes({ trace }: Structure): VariableAxes {
  return new Map(
    [...trace.layers.values()].flatMap(({ variables }) =>
      variables.map(({ variable, axes }) => [variable, axes] as const),
    ),
  );
}

/** A layer's weights without the removed channels, in the order of its variables. Call it within `tidy`. */
export function slicedWeights(structure: Structure, removed: Removal): (layer: Layer) => Tensor[] {
  const axesOf = variableAxes(structure);
  return (layer) =>
    variablesOf(layer).map((variable) =>
      (axesOf.get(variable) ?? []).reduce((value, axis, index) => {
        if (axis === null) return value;
        const kept = keptIndices(axis.channels, structure, removed);
        return kept.length === axis.channels.length ? value : taken(value, kept, index);
      }, variable.read()),
    );
}

/** A layer's weights with zeros where they read a removed channel, in the order of its variables. Call it within `tidy`. */
export function maskedWeights(structure: Structure, removed: Removal): (layer: Layer) => Tensor[] {
  const axesOf = variableAxes(structure);
  return (layer) =>
    variablesOf(layer).map((variable) =>
      (axesOf.get(variable) ?? []).reduce((value, axis, index) => {
        if (axis?.role !== 'in') return value;
        const factors = Float32Array.from(
          axis.channels,
          (id) => 1 - (removed[structure.channelOf(id)] as number),
        );
        if (factors.every((factor) => factor === 1)) return value;
        return mul(
          value,
          tensor(
            factors,
            value.shape.map((size, at) => (at === index ? size : 1)),
          ),
        );
      }, variable.read()),
    );
}

/** Some indices along an axis. The wasm backend remembers a gathered tensor under a wrong shape; a product it does not. */
function taken(value: Tensor, indices: Int32Array, axis: number): Tensor {
  return mul(gather(value, tensor1d(indices, 'int32'), axis), scalar(1, value.dtype));
}
