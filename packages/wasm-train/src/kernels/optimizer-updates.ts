import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Heap, heapOf } from '../emitted/heap.js';
import { adamUpdate, momentumUpdate } from '../emitted/optimizer-update.js';
import { sizeOf } from '../shape.js';
import type { KernelCall, TrainingKernel } from '../training-kernel.js';

/**
 * Adam's update of a variable, a kernel that tfjs has no name for: [value, first moment, second moment] anew. `power1` and
 * `power2` are beta1^t and beta2^t.
 */
export const adamUpdateKernel: TrainingKernel = {
  kernelName: 'SecateurAdamUpdate',
  compute: (call) => {
    const heap = heapOf(call.backend);
    if (heap === undefined) return undefined;
    const { gradient, value, first, second, power1, power2 } = call.inputs as Record<
      'gradient' | 'value' | 'first' | 'second' | 'power1' | 'power2',
      TensorInfo
    >;
    const { learningRate, beta1, beta2, epsilon } = call.attrs as Record<string, number> & AdamAttrs;
    const [rest1, rest2] = [1 - scalarOf(call, power1), 1 - scalarOf(call, power2)];
    const newValue = call.steps.allocate(value.shape, 'float32');
    const [newFirst, newSecond] = [inPlace(call, first), inPlace(call, second)];
    withConstants(
      heap,
      [beta1, 1 - beta1, beta2, 1 - beta2, rest1, rest2, epsilon, -learningRate],
      (constants) =>
        heap.kernel(adamUpdate)(
          sizeOf(value.shape),
          constants,
          heap.address(gradient),
          heap.address(value),
          heap.address(first),
          heap.address(second),
          heap.address(newValue),
          heap.address(newFirst),
          heap.address(newSecond),
        ),
    );
    return [newValue, newFirst, newSecond];
  },
};

/** The numbers in an update by Adam. */
interface AdamAttrs {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** The same for momentum: [value, velocity] anew. `m` is the momentum, `c` the negative learning rate. */
export const momentumUpdateKernel: TrainingKernel = {
  kernelName: 'SecateurMomentumUpdate',
  compute: (call) => {
    const heap = heapOf(call.backend);
    if (heap === undefined) return undefined;
    const { gradient, value, velocity, m, c } = call.inputs as Record<
      'gradient' | 'value' | 'velocity' | 'm' | 'c',
      TensorInfo
    >;
    const { useNesterov } = call.attrs as { useNesterov: boolean };
    const newValue = call.steps.allocate(value.shape, 'float32');
    const newVelocity = inPlace(call, velocity);
    withConstants(heap, [scalarOf(call, m), scalarOf(call, c)], (constants) =>
      heap.kernel(momentumUpdate(useNesterov ? 1 : 0))(
        sizeOf(value.shape),
        constants,
        heap.address(gradient),
        heap.address(value),
        heap.address(velocity),
        heap.address(newValue),
        heap.address(newVelocity),
      ),
    );
    return [newValue, newVelocity];
  },
};

const scalarOf = ({ backend }: KernelCall, x: TensorInfo): number =>
  backend.typedArrayFromHeap(x)[0] as number;

/**
 * Where a moment's new values go: over the old ones, when no other tensor shares them. (Not so for the variable's own:
 * XNNPACK keeps a packed copy of weights under the id of their values.)
 */
function inPlace({ backend, steps }: KernelCall, moment: TensorInfo): TensorInfo {
  return backend.refCount(moment.dataId) === 1
    ? steps.reshape(moment, moment.shape)
    : steps.allocate(moment.shape, 'float32');
}

function withConstants(heap: Heap, constants: readonly number[], body: (address: number) => void): void {
  heap.scratch(4 * constants.length, (address) => {
    heap.floats(address, constants.length).set(constants);
    body(address);
  });
}
