import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Inputs, Steps } from './steps.js';

/** One call of a kernel. */
export interface KernelCall {
  readonly inputs: Inputs;
  readonly attrs: NamedAttrMap;
  readonly backend: BackendWasm;
  readonly steps: Steps;
}

/** A kernel that this package adds to the wasm backend, or puts in the place of the backend's own. */
export interface TrainingKernel {
  /** The name under which tfjs-core looks the kernel up. */
  readonly kernelName: string;
  /** Computes the kernel's outputs, or gives `undefined` for a case that is left to the backend's own kernel. */
  readonly compute: (call: KernelCall) => TensorInfo | TensorInfo[] | undefined;
}
