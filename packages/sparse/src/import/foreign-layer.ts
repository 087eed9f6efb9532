import { type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { SparseError } from '../sparse-error.js';
import type { LayerCall } from './layer-calls.js';
import type { LayerLike } from './layers-model-like.js';

/** How tfjs runs a layer on tensors of which some have masks. */
export interface ForeignCall {
  readonly call: LayerCall;
  /** For each input, whether it has a mask. The masks follow the inputs. */
  readonly masked: readonly boolean[];
  /** Whether a mask follows the outputs. */
  readonly givesMask: boolean;
}

/**
 * Calls a layer as tfjs's executor does. What may have no mask after all has an empty one, [0].
 */
export function runForeign({ call, masked, givesMask }: ForeignCall, given: readonly Tensor[]): Tensor[] {
  const { layer, path, outputShapes } = call;
  return tidy(() => {
    const inputs = given.slice(0, masked.length);
    const rest = given.slice(masked.length);
    const masks = masked.map((isMasked) => (isMasked ? rest.shift() : undefined)).map(orNull);
    const kwargs = masks.some((mask) => mask !== null) ? { mask: masks[0] } : {};
    const outputs = listOf(layer.apply(inputs, kwargs));
    outputs.forEach((output, index) => {
      const announced = outputShapes[index] ?? [];
      const fits = ({ shape }: Tensor) =>
        shape.length === announced.length &&
        shape.every((size, axis) => axis === 0 || (announced[axis] ?? size) === size);
      if (!fits(output)) {
        throw new SparseError(
          `'${path}' gave a tensor of shape [${output.shape}], but its computeOutputShape announces [${announced}]`,
          { option: 'model', value: path },
        );
      }
    });
    const all = givesMask ? [...outputs, maskOf(layer, inputs, masks) ?? tensor1d([], 'bool')] : outputs;
    return all.map((output) => (given.includes(output) ? output.clone() : output));
  });
}

function maskOf(layer: LayerLike, inputs: Tensor[], masks: readonly (Tensor | null)[]): Tensor | undefined {
  // tfjs hands over null for inputs that have none.
  const mask = layer.computeMask(inputs, masks as Tensor[]);
  return listOf(Array.isArray(mask) ? mask[0] : mask)[0];
}

function orNull(mask: Tensor | undefined): Tensor | null {
  return mask === undefined || (mask.rank === 1 && mask.size === 0) ? null : mask;
}

/** A layer's result as a list. */
export function listOf(result: unknown): Tensor[] {
  return (Array.isArray(result) ? result : [result]).filter((each): each is Tensor => each instanceof Object);
}
