import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { getKernel, type KernelConfig, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import { WasmTrainError } from './wasm-train-error.js';

/** The inputs of a kernel by name. */
export type Inputs = Readonly<Record<string, TensorInfo>>;

/** The kernels of the backend as steps of a composition; what they make is freed when the composition ends. */
export interface Steps {
  /** Runs the kernel that the wasm backend has under this name. */
  run(kernelName: string, inputs: Inputs | readonly TensorInfo[], attrs?: NamedAttrMap): TensorInfo;
  /** The same values in another shape, without a copy. */
  reshape(x: TensorInfo, shape: readonly number[]): TensorInfo;
  /** The axes of `x` in the order of `perm`; no copy when only axes of length 1 move. */
  transpose(x: TensorInfo, perm: readonly number[]): TensorInfo;
  /** A new tensor whose values the caller writes. They are undefined until then. */
  allocate(shape: readonly number[], dtype: TensorInfo['dtype']): TensorInfo;
  /** Copies the values of `from` over those of `to`, which has as many. */
  copy(from: TensorInfo, to: TensorInfo): void;
  /** Frees results of earlier steps before the composition ends. */
  free(...infos: readonly TensorInfo[]): void;
}

/**
 * Runs `body` and frees every intermediate result but what it returns.
 *
 * Kernels are called on bare `TensorInfo`s, as tfjs's own kernels call each other: a step costs no tensor of the
 * engine, and nothing of it shows in `memory().numTensors`.
 */
export function compose<T extends TensorInfo | TensorInfo[] | undefined>(
  backend: BackendWasm,
  body: (steps: Steps) => T,
): T {
  const made = new Set<TensorInfo>();
  const note = (info: TensorInfo): TensorInfo => {
    made.add(info);
    return info;
  };
  const run: Steps['run'] = (kernelName, inputs, attrs = {}) => {
    const kernel: KernelConfig | undefined = getKernel(kernelName, 'wasm');
    if (kernel === undefined) {
      throw new WasmTrainError(`the wasm backend has no kernel ${kernelName}`, {
        option: 'kernelName',
        value: kernelName,
      });
    }
    const out = kernel.kernelFunc({ inputs: inputs as Record<string, TensorInfo>, attrs, backend });
    return note(Array.isArray(out) ? (out[0] as TensorInfo) : out);
  };
  const reshape: Steps['reshape'] = (x, shape) => {
    backend.incRef(x.dataId);
    return note({ dataId: x.dataId, shape: [...shape], dtype: x.dtype });
  };
  const transpose: Steps['transpose'] = (x, perm) => {
    const moved = perm.filter((axis) => x.shape[axis] !== 1);
    if (moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number))) {
      return reshape(
        x,
        perm.map((axis) => x.shape[axis] as number),
      );
    }
    return run('Transpose', { x }, { perm: [...perm] });
  };
  const allocate: Steps['allocate'] = (shape, dtype) => note(backend.makeOutput([...shape], dtype));

  const copy: Steps['copy'] = (from, to) =>
    backend.typedArrayFromHeap(to).set(backend.typedArrayFromHeap(from));
  const free: Steps['free'] = (...infos) => {
    for (const info of infos) if (made.delete(info)) backend.disposeData(info.dataId);
  };

  try {
    const result = body({ run, reshape, transpose, allocate, copy, free });
    for (const info of [result].flat()) if (info !== undefined) made.delete(info);
    return result;
  } finally {
    for (const info of made) backend.disposeData(info.dataId);
  }
}
