import type { Affine, Operation } from '../graph/operation.js';
import { Weights } from '../graph/weights.js';
import type { ImportedModel } from '../import/imported-model.js';
import { sourceOf } from './channel-source.js';
import { ModelEdit } from './model-edit.js';

/**
 * Folds scales and shifts (batch norms, biases) into the convolution, product, depthwise convolution or affine step
 * before them, where they alone read its result: s (W x + b) + t = (s W) x + (s b + t). Zeros stay zeros.
 */
export function foldAffine(model: ImportedModel): ImportedModel {
  const edit = new ModelEdit(model);
  for (const node of edit.natives) {
    const { operation, inputs } = edit.current(node);
    if (operation.kind !== 'affine') continue;
    const source = sourceOf(edit, inputs[0] ?? 0, true);
    const folded = source && foldInto(edit.current(source).operation, operation);
    if (source === undefined || folded === undefined) continue;
    edit.replace(source, folded);
    edit.remove(node, source.layer);
  }
  return edit.finish();
}

function foldInto(operation: Operation, { scale, shift, activation }: Affine): Operation | undefined {
  switch (operation.kind) {
    case 'convolution':
    case 'product': {
      if (operation.activation.kind !== 'linear') return undefined;
      const { values, shape } = operation.weights;
      const weights = new Weights(scaled(values, scale), shape);
      return { ...operation, weights, bias: shifted(operation.bias, scale, shift), activation };
    }
    case 'depthwise':
      if (operation.activation.kind !== 'linear') return undefined;
      return {
        ...operation,
        filter: scaled(operation.filter, scale),
        bias: shifted(operation.bias, scale, shift),
        activation,
      };
    case 'affine':
      if (operation.activation.kind !== 'linear') return undefined;
      return {
        kind: 'affine',
        scale: scaled(operation.scale, scale),
        shift: shifted(operation.shift, scale, shift),
        activation,
      };
    default:
      return undefined;
  }
}

/** Values of which the last axis is that of the channels, times a scale for each. */
function scaled(values: Float32Array, scale: Float32Array): Float32Array {
  if (scale.every((factor) => factor === 1)) return values;
  const channels = scale.length;
  return values.map((value, index) => value * (scale[index % channels] ?? 1));
}

function shifted(bias: Float32Array | undefined, scale: Float32Array, shift: Float32Array): Float32Array {
  return shift.map((value, channel) => (bias?.[channel] ?? 0) * (scale[channel] ?? 1) + value);
}
