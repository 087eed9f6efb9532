import { gather, randomUniform, randomUniformInt, Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Shape } from './channels.js';
import { keptIndices, type Removal, type Structure } from './structure.js';
import { StructureError } from './structure-error.js';

/** What stands for a size that the model leaves open. */
const openSize = 32;

/** Random inputs of a model, the same for the same seed; indices where the model has an embedding. The caller owns them. */
export function probeInputs(
  model: LayersModel,
  { trace }: Structure,
  { seed, batch }: { readonly seed: number; readonly batch: number },
): Tensor[] {
  const vocabularies = [...trace.layers.values()].flatMap(({ layer }) => {
    const config = layer.getConfig();
    return ['inputDim', 'numTokens'].flatMap((key) => (typeof config[key] === 'number' ? [config[key]] : []));
  });
  const vocabulary = Math.min(...vocabularies);
  return model.inputs.map(({ shape }, index) => {
    const sizes = sizesOf(shape, batch);
    return vocabulary === Number.POSITIVE_INFINITY
      ? randomUniform(sizes, -1, 1, 'float32', String(seed + index))
      : randomUniformInt(sizes, 0, vocabulary, seed + index);
  });
}

/**
 * Inputs that the caller gives, as tensors of our own.
 *
 * @throws StructureError when their number or a shape doesn't fit the model.
 */
export function givenProbe(model: LayersModel, probe: Tensor | readonly Tensor[]): Tensor[] {
  const tensors = probe instanceof Tensor ? [probe] : probe;
  const fits = (tensor: Tensor | undefined, shape: Shape) =>
    tensor?.rank === shape.length &&
    shape.every((size, axis) => size === null || size === tensor.shape[axis]);
  if (
    tensors.length !== model.inputs.length ||
    !model.inputs.every(({ shape }, index) => fits(tensors[index], shape))
  ) {
    const wanted = model.inputs
      .map(({ shape }) => `[${shape.map((size) => size ?? 'any').join(', ')}]`)
      .join(' and ');
    const given = tensors.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ');
    throw new StructureError(
      `probe must have the shapes of the model's inputs, ${wanted}, but has ${given}`,
      {
        option: 'probe',
        value: probe,
      },
    );
  }
  return tensors.map((tensor) => tensor.clone());
}

function sizesOf([examples, ...rest]: Shape, batch: number): number[] {
  return [examples ?? batch, ...rest.map((size) => size ?? openSize)];
}

/** Inputs without the features that are removed from them, as tensors of our own. */
export function withoutFeatures(
  model: LayersModel,
  structure: Structure,
  removed: Removal,
  inputs: readonly Tensor[],
): Tensor[] {
  return inputs.map((input, index) => {
    const { sourceLayer } = model.inputs[index] as SymbolicTensor;
    const channels = structure.trace.layers.get(sourceLayer)?.channels.outputs[0]?.axes.at(-1);
    if (!channels) return input.clone();
    const kept = keptIndices(channels, structure, removed);
    return tidy(() => gather(input, tensor1d(kept, 'int32'), -1));
  });
}
