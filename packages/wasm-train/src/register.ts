import { type BackendWasm, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import {
  findBackendFactory,
  getKernel,
  type KernelConfig,
  registerKernel,
  unregisterKernel,
  version_core,
} from '@tensorflow/tfjs-core';
import { fuseOptimizers, unfuseOptimizers } from './fused-optimizers.js';
import { trainingKernels } from './kernels.js';
import { compose, type Inputs } from './steps.js';
import { warnOnUntestedVersion } from './tested-version.js';
import type { TrainingKernel } from './training-kernel.js';
import { WasmTrainError } from './wasm-train-error.js';

const replaced: unique symbol = Symbol.for('secateur.wasmTrain.replaced') as never;

/** A kernel of ours remembers what stood in its place, so that any copy of the package can undo it. */
interface OurKernelConfig extends KernelConfig {
  readonly [replaced]: KernelConfig | undefined;
}

const isOurs = (config: KernelConfig): config is OurKernelConfig => replaced in config;

/**
 * Gives the wasm backend the gradient kernels that it lacks, and faster or right ones where its own are slow or wrong.
 *
 * May be called before or after the backend is ready and while another backend is active; a second call changes
 * nothing. The README lists the kernels.
 *
 * While the wasm backend is active, tfjs-core's Adam and momentum run one kernel for each variable, with the same results.
 *
 * @returns a function that puts the backend's own kernels, and the optimizers' own updates, back.
 * @throws WasmTrainError when no wasm backend is registered with tfjs-core.
 *
 * @example
 * ```ts
 * import { createRequire } from 'node:module';
 * import { dirname } from 'node:path';
 * import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
 * import { setBackend, tensor1d, tensor2d, unsortedSegmentSum } from '@tensorflow/tfjs-core';
 * import { registerWasmTraining } from '@secateur/wasm-train';
 *
 * const require = createRequire(import.meta.url);
 * setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
 * await setBackend('wasm');
 * const undo = registerWasmTraining();
 *
 * // The gradient of an embedding; the stock backend throws here.
 * const rows = tensor2d([[1, 2], [3, 4], [5, 6]]);
 * const sums = unsortedSegmentSum(rows, tensor1d([1, 0, 1], 'int32'), 2);
 * console.log(await sums.data()); // Float32Array(4) [ 3, 4, 6, 8 ]
 * undo();
 * ```
 */
export function registerWasmTraining(): () => void {
  if (findBackendFactory('wasm') == null) {
    throw new WasmTrainError(
      "no backend 'wasm' is registered: import '@tensorflow/tfjs-backend-wasm' next to the same copy of tfjs-core",
      { option: 'backend', value: 'wasm' },
    );
  }
  warnOnUntestedVersion({ core: version_core, wasm: version_wasm });
  for (const kernel of trainingKernels) register(kernel);
  fuseOptimizers();
  return unregisterWasmTraining;
}

function register(kernel: TrainingKernel): void {
  const stock: KernelConfig | undefined = getKernel(kernel.kernelName, 'wasm');
  if (stock !== undefined) {
    if (isOurs(stock)) return;
    unregisterKernel(kernel.kernelName, 'wasm');
  }
  // The spread keeps setupFunc: it binds the stock kernel when the backend starts, which may be later than now.
  const config: OurKernelConfig = {
    ...stock,
    kernelName: kernel.kernelName,
    backendName: 'wasm',
    [replaced]: stock,
    kernelFunc: (call) => {
      const backend = call.backend as BackendWasm;
      const inputs = call.inputs as Inputs;
      const attrs = call.attrs ?? {};
      const out = compose(backend, (steps) => kernel.compute({ inputs, attrs, backend, steps }));
      if (out !== undefined) return out;
      if (stock !== undefined) return stock.kernelFunc(call);
      throw new WasmTrainError(`${kernel.kernelName} does not cover this call on the wasm backend`, {
        option: 'attrs',
        value: attrs,
      });
    },
  };
  registerKernel(config);
}

function unregisterWasmTraining(): void {
  unfuseOptimizers();
  for (const { kernelName } of trainingKernels) {
    const config: KernelConfig | undefined = getKernel(kernelName, 'wasm');
    if (config === undefined || !isOurs(config)) continue;
    unregisterKernel(kernelName, 'wasm');
    if (config[replaced] !== undefined) registerKernel(config[replaced]);
  }
}
