import { sparsify } from '@secateur/sparse';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** SHA-256 over the bits of what a model answers on sparse kernels; runs in Node and in a page. */
export async function outputDigest(model: LayersModel, input: Tensor): Promise<string> {
  const sparse = await sparsify(model);
  const output = sparse.predict(input) as Tensor;
  const values = Float32Array.from(await output.data());
  output.dispose();
  sparse.dispose();
  const digest = await globalThis.crypto.subtle.digest('SHA-256', values);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
