import type { LayerVariable } from '@tensorflow/tfjs-layers';

/** 1 for each index along an axis of a weight at which some element is not zero. NaN is not zero. */
export async function nonZeroIndices(variable: LayerVariable, axis: number): Promise<Uint8Array> {
  const value = variable.read();
  const values = await value.data();
  const size = value.shape[axis] as number;
  const stride = value.shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const found = new Uint8Array(size);
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== 0) found[Math.floor(i / stride) % size] = 1;
  }
  return found;
}
