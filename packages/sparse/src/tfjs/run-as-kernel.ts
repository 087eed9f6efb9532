import {
  engine,
  getKernel,
  type KernelBackend,
  type NamedTensorMap,
  registerKernel,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** The name of the kernel under which tfjs's engine runs segments. */
const kernelName = 'SecateurSegment';

/** Work on tensors of a backend, which gives tensors of that backend. */
export type KernelCall = (inputs: readonly TensorInfo[], backend: KernelBackend) => TensorInfo[];

/**
 * Runs work as a kernel of the active backend, so that tfjs knows of the outputs: in `tidy`, `memory()` and profiles.
 */
export function runAsKernel(inputs: readonly Tensor[], call: KernelCall): Tensor[] {
  const { backendName } = engine();
  if (getKernel(kernelName, backendName) === undefined) register(backendName);
  const named: NamedTensorMap = Object.fromEntries(inputs.map((input, index) => [`input${index}`, input]));
  const outputs: unknown = engine().runKernel(kernelName, named, { call } as never);
  return outputs as Tensor[];
}

/** Whichever copy of this package registers it: the work is in the attributes. */
function register(backendName: string): void {
  registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { call } = attrs as unknown as { readonly call: KernelCall };
      return call(Object.values(inputs) as TensorInfo[], backend as KernelBackend);
    },
  });
}
