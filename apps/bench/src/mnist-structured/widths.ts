import type { LayersModel } from '@tensorflow/tfjs-layers';

/** The units of the layers with kernels, as in 784-300-100-10; convolutional networks don't begin with their image. */
export function widthsOf(model: LayersModel): string {
  const shape = model.inputs[0]?.shape ?? [];
  const units = model.layers
    .filter(({ weights }) => weights.length > 0)
    .map(({ outputShape }) => outputShape.at(-1) as number);
  return [...(shape.length === 2 ? [shape.at(-1)] : []), ...units].join('-');
}
