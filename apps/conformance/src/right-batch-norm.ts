import {
  add,
  type FusedBatchNormAttrs,
  type FusedBatchNormInputs,
  getKernel,
  mul,
  registerKernel,
  rsqrt,
  sub,
  type Tensor,
  tidy,
  unregisterKernel,
} from '@tensorflow/tfjs-core';

const NAME = { kernelName: 'FusedBatchNorm', backendName: 'cpu' } as const;

/**
 * The batch norm of TensorFlow.js 4.22 on cpu and wasm repeats gamma, beta and the statistics along the last axis, whatever
 * the axis. Within `work` the cpu backend has one that is right for every axis.
 */
export async function withRightBatchNorm<T>(work: () => Promise<T>): Promise<T> {
  const stock = getKernel(NAME.kernelName, NAME.backendName);
  unregisterKernel(NAME.kernelName, NAME.backendName);
  registerKernel({
    ...NAME,
    kernelFunc: ({ inputs, attrs }) => {
      const { x, mean, variance, scale, offset } = inputs as unknown as Record<
        keyof FusedBatchNormInputs,
        Tensor | undefined
      > & { readonly x: Tensor; readonly mean: Tensor; readonly variance: Tensor };
      const { varianceEpsilon } = attrs as unknown as FusedBatchNormAttrs;
      return tidy(() => {
        const inverse = rsqrt(add(variance, varianceEpsilon));
        const normal = mul(sub(x, mean), scale === undefined ? inverse : mul(inverse, scale));
        return offset === undefined ? normal : add(normal, offset);
      });
    },
  });
  try {
    return await work();
  } finally {
    unregisterKernel(NAME.kernelName, NAME.backendName);
    registerKernel(stock);
  }
}
