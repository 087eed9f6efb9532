import { type Layer, type LayerVariable, variablesOf } from '@secateur/layers';
import type { TensorChannels } from './channels.js';
import type { LayerChannels, WeightAxis } from './rule.js';
import { StructureError } from './structure-error.js';

/** What all calls of a layer together say of it. */
export interface LayerTrace {
  readonly layer: Layer;
  readonly path: string;
  /** The inputs of the first call: those of the others have the same channels, where a size depends on them. */
  readonly inputs: readonly TensorChannels[];
  readonly channels: LayerChannels;
  /** The layer's own variables, without those of the layers inside. */
  readonly variables: readonly TracedVariable[];
}

/** A weight and the channels of its axes. */
export interface TracedVariable {
  readonly variable: LayerVariable;
  /** The last part of its name. */
  readonly name: string;
  readonly axes: readonly (WeightAxis | null)[];
  /** The axes at each call of the layer: the same channels, but what they are computed from may differ. */
  readonly calls: (readonly (WeightAxis | null)[])[];
}

/** The variables that are the layer's own, with the axes that its rule gives them. */
export function tracedVariables(
  layer: Layer,
  path: string,
  { weights = {}, parts = [] }: LayerChannels,
): TracedVariable[] {
  const inside = new Set(parts.flatMap((part) => variablesOf(part.layer)));
  return variablesOf(layer).flatMap((variable) => {
    if (inside.has(variable)) return [];
    const name = variable.originalName.slice(variable.originalName.lastIndexOf('/') + 1);
    const axes = (Object.hasOwn(weights, name) ? weights[name] : undefined) ?? variable.shape.map(() => null);
    const fits =
      axes.length === variable.shape.length &&
      axes.every((axis, index) => axis === null || axis.channels.length === variable.shape[index]);
    if (!fits) {
      const given = axes.map((axis) => axis?.channels.length ?? 'any').join(', ');
      throw new StructureError(
        `The channel rule of "${path}" gives its weight "${name}" axes of [${given}], but its shape is [${variable.shape}]`,
        { layer: path },
      );
    }
    return [{ variable, name, axes, calls: [axes] }];
  });
}
