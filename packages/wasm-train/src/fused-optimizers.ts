import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  AdamOptimizer,
  backend,
  engine,
  getBackend,
  getKernel,
  MomentumOptimizer,
  mul,
  type Optimizer,
  Tensor,
  tidy,
  Variable,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { heapOf } from './emitted/heap.js';
import { adamUpdateKernel, momentumUpdateKernel } from './kernels/optimizer-updates.js';

type Gradients = Parameters<Optimizer['applyGradients']>[0];

/** A variable of an optimizer, as tfjs-core keeps it. */
interface Slot {
  readonly originalName: string;
  readonly variable: Variable;
}

/** A variable with its gradient, if it has one, and its place in the optimizer's lists. */
interface Update {
  readonly value: Variable;
  readonly gradient: Tensor | undefined;
  readonly index: number;
}

/** How an optimizer of tfjs-core updates all variables with one kernel for each. */
interface FusedOptimizer {
  readonly prototype: Optimizer;
  readonly kernelName: string;
  /** Whether the optimizer's private state is as we know it. */
  readonly knows: (optimizer: Optimizer) => boolean;
  readonly update: (optimizer: Optimizer, updates: readonly Update[]) => void;
}

/** The private state of `AdamOptimizer`. */
interface AdamState {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly accBeta1: Variable;
  readonly accBeta2: Variable;
  readonly accumulatedFirstMoment: Slot[];
  readonly accumulatedSecondMoment: Slot[];
}

const adam: FusedOptimizer = {
  prototype: AdamOptimizer.prototype,
  kernelName: adamUpdateKernel.kernelName,
  knows: (optimizer) => {
    const state = optimizer as unknown as Partial<AdamState>;
    const numbers = [state.learningRate, state.beta1, state.beta2, state.epsilon];
    return (
      numbers.every((number) => typeof number === 'number') &&
      [state.accBeta1, state.accBeta2].every((power) => power instanceof Variable) &&
      [state.accumulatedFirstMoment, state.accumulatedSecondMoment].every(Array.isArray)
    );
  },
  update: (optimizer, updates) => {
    const state = optimizer as unknown as AdamState;
    const { learningRate, beta1, beta2, epsilon, accBeta1, accBeta2 } = state;
    tidy(() => {
      for (const { value, gradient, index } of updates) {
        const first = slot(state.accumulatedFirstMoment, index, value, 'm');
        const second = slot(state.accumulatedSecondMoment, index, value, 'v');
        if (gradient === undefined) continue;
        const inputs = { gradient, value, first, second, power1: accBeta1, power2: accBeta2 };
        assign([value, first, second], adam.kernelName, inputs, { learningRate, beta1, beta2, epsilon });
      }
      accBeta1.assign(mul(accBeta1, beta1));
      accBeta2.assign(mul(accBeta2, beta2));
    });
  },
};

/** The private state of `MomentumOptimizer`: `m` is the momentum, `c` the negative learning rate. */
interface MomentumState {
  readonly m: Tensor;
  readonly c: Tensor;
  readonly useNesterov: boolean;
  readonly accumulations: Slot[];
}

const momentum: FusedOptimizer = {
  prototype: MomentumOptimizer.prototype,
  kernelName: momentumUpdateKernel.kernelName,
  knows: (optimizer) => {
    const { m, c, useNesterov, accumulations } = optimizer as unknown as Partial<MomentumState>;
    return (
      [m, c].every((scalar) => scalar instanceof Tensor) &&
      typeof useNesterov === 'boolean' &&
      Array.isArray(accumulations)
    );
  },
  update: (optimizer, updates) => {
    const { m, c, useNesterov, accumulations } = optimizer as unknown as MomentumState;
    for (const { value, gradient, index } of updates) {
      const velocity = slot(accumulations, index, value, 'momentum');
      if (gradient === undefined) continue;
      const inputs = { gradient, value, velocity, m, c };
      tidy(() => assign([value, velocity], momentumUpdateKernel.kernelName, inputs, { useNesterov }));
    }
  },
};

const fusedOptimizers: readonly FusedOptimizer[] = [adam, momentum];

/** The optimizer's variable at an index, made as zeros when there is none. */
function slot(slots: Slot[], index: number, value: Variable, suffix: string): Variable {
  const name = `${value.name}/${suffix}`;
  slots[index] ??= { originalName: name, variable: tidy(() => zerosLike(value).variable(false)) };
  return slots[index].variable;
}

function assign(
  targets: readonly Variable[],
  kernelName: string,
  inputs: Record<string, Tensor>,
  attrs: Record<string, number | boolean>,
): void {
  const results = engine().runKernel(kernelName, inputs, attrs) as Tensor[];
  for (const [index, target] of targets.entries()) target.assign(results[index] as Tensor);
}

const replaced: unique symbol = Symbol.for('secateur.wasmTrain.replaced') as never;

type Apply = Optimizer['applyGradients'];
/** An `applyGradients` of ours remembers what stood in its place, so that any copy of the package can undo it. */
type OurApply = Apply & { readonly [replaced]: Apply };

const isOurs = (apply: Apply): apply is OurApply => replaced in apply;

/**
 * Has tfjs's Adam and momentum run one kernel of ours for each variable where the wasm backend is active. Everything
 * else of them stays: their variables, their settings, and what they do on other backends.
 */
export function fuseOptimizers(): void {
  for (const fused of fusedOptimizers) {
    const own = fused.prototype.applyGradients;
    if (isOurs(own)) continue;
    const applyGradients = function (this: Optimizer, gradients: Gradients): void {
      const updates = updatesOf(gradients);
      if (!isCovered(fused, this, updates)) {
        own.call(this, gradients);
        return;
      }
      fused.update(this, updates);
      (this as unknown as { incrementIterations(): void }).incrementIterations();
    };
    fused.prototype.applyGradients = Object.assign(applyGradients, { [replaced]: own });
  }
}

/** Gives the optimizers back their own way. */
export function unfuseOptimizers(): void {
  for (const { prototype } of fusedOptimizers) {
    const { applyGradients } = prototype;
    if (isOurs(applyGradients)) prototype.applyGradients = applyGradients[replaced];
  }
}

function updatesOf(gradients: Gradients): Update[] {
  const named: readonly { readonly name: string; readonly tensor: Tensor | null }[] = Array.isArray(gradients)
    ? gradients
    : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
  return named.map(({ name, tensor }, index) => ({
    value: engine().registeredVariables[name] as Variable,
    gradient: tensor ?? undefined,
    index,
  }));
}

function isCovered(fused: FusedOptimizer, optimizer: Optimizer, updates: readonly Update[]): boolean {
  return (
    getBackend() === 'wasm' &&
    getKernel(fused.kernelName, 'wasm') !== undefined &&
    heapOf(backend() as BackendWasm) !== undefined &&
    fused.knows(optimizer) &&
    updates.every(
      ({ value, gradient }) =>
        value?.dtype === 'float32' &&
        (gradient === undefined ||
          (gradient.dtype === 'float32' && gradient.shape.join() === value.shape.join())),
    )
  );
}
