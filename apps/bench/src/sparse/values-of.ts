import type { Tensor } from '@tensorflow/tfjs-core';

/** The values of a tensor, which is then disposed. */
export async function valuesOf(tensor: Tensor): Promise<Float32Array> {
  const values = await tensor.data<'float32'>();
  tensor.dispose();
  return values;
}
