import type { Layer } from '@secateur/layers';
import type { Tensor } from '@tensorflow/tfjs-core';

/** What to do with the tensors of a call: give others as inputs, or look at the outputs. */
export interface Tap {
  readonly inputs?: (inputs: readonly Tensor[]) => Tensor[];
  readonly outputs?: (outputs: readonly Tensor[], inputs: readonly Tensor[]) => void;
}

const asList = (tensors: Tensor | Tensor[]): Tensor[] => (Array.isArray(tensors) ? tensors : [tensors]);

/** Looks into the calls of a layer of a model of our own. Gives a function that ends it. */
export function tapCalls(layer: Layer, tap: Tap): () => void {
  const original = layer.call;
  const call = original.bind(layer);
  layer.call = (given, kwargs) => {
    const inputs = tap.inputs?.(asList(given)) ?? asList(given);
    const outputs = call(Array.isArray(given) ? inputs : (inputs[0] as Tensor), kwargs);
    tap.outputs?.(asList(outputs), inputs);
    return outputs;
  };
  return () => {
    layer.call = original;
  };
}
