import {
  add,
  clone,
  memory,
  mul,
  type Optimizer,
  profile,
  type Scalar,
  setBackend,
  sub,
  sum,
  type Tensor,
  tensor1d,
  tidy,
  train,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { expectClose, initialBackend, random } from '../testing/backends.js';
import { registerWasmTraining } from './register.js';

const optimizers: Record<string, () => Optimizer> = {
  adam: () => train.adam(0.01),
  'adam, other numbers': () => train.adam(0.3, 0.5, 0.7, 1e-2),
  momentum: () => train.momentum(0.05, 0.9),
  nesterov: () => train.momentum(0.05, 0.9, true),
};

let undo: () => void = () => undefined;
afterEach(async () => {
  undo();
  await setBackend(initialBackend);
});

const valuesOf = async (tensors: readonly Tensor[]): Promise<number[][]> =>
  Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));

interface Course {
  readonly weights: readonly (readonly number[])[];
  readonly state: readonly (readonly number[])[];
  readonly names: readonly string[];
  /** How many tensors are not freed in the end: tfjs forgets one of momentum's. */
  readonly left: number;
}

/** Some updates by a fresh optimizer; with gradients by hand, one variable is left out of the second. */
async function course(
  backend: 'cpu' | 'wasm',
  make: () => Optimizer,
  shapes: readonly number[][],
): Promise<Course> {
  await setBackend(backend);
  const before = memory();
  const optimizer = make();
  const vars = shapes.map((shape, i) => tidy(() => variable(random(shape, i + 1), true, `v${i}`)));
  const loss = (): Scalar =>
    vars.map((v, i) => sum(mul(sub(v, random(v.shape, i + 20)), v))).reduce((a, b) => add(a, b)) as Scalar;
  for (let step = 0; step < 4; step++) {
    const { value, grads } = optimizer.computeGradients(loss, vars);
    if (step === 1) optimizer.applyGradients({ ...grads, v0: null as never });
    else if (step === 2) optimizer.applyGradients(grads);
    else optimizer.applyGradients(vars.map(({ name }) => ({ name, tensor: grads[name] as Tensor })));
    value.dispose();
    for (const gradient of Object.values(grads)) gradient.dispose();
  }
  const saved = await optimizer.getWeights();
  const result = {
    weights: await valuesOf(vars),
    state: await valuesOf(saved.map(({ tensor }) => tensor)),
    names: saved.map(({ name }) => name),
  };
  saved[0]?.tensor.dispose();
  optimizer.dispose();
  for (const v of vars) v.dispose();
  return { ...result, left: memory().numTensors - before.numTensors };
}

const gradientsOf = (vars: readonly Variable[]): { name: string; tensor: Tensor }[] =>
  vars.map(({ name, shape }, i) => ({ name, tensor: random(shape, i + 30) }));

async function kernelsOf(run: () => void): Promise<readonly string[]> {
  const { kernels } = await profile(() => {
    run();
    return [];
  });
  return kernels.map(({ name }) => name);
}

describe('fused optimizers', () => {
  const shape = fc.array(fc.constantFrom(1, 2, 3, 4, 7, 33), { maxLength: 3 });
  const anyShapes = fc.array(shape, { minLength: 1, maxLength: 3 });

  it.each(Object.entries(optimizers))('%s: the same bits as tfjs, and close to cpu', async (_, make) => {
    await fc.assert(
      fc.asyncProperty(anyShapes, async (shapes) => {
        const plain = await course('wasm', make, shapes);
        undo = registerWasmTraining();
        const fused = await course('wasm', make, shapes);
        const cpu = await course('cpu', make, shapes);
        undo();
        expect(fused).toEqual(plain);
        expect(fused.names).toEqual(cpu.names);
        for (const [i, values] of fused.weights.entries()) expectClose(values, cpu.weights[i] ?? [], 1e-4);
      }),
      { numRuns: 15 },
    );
  });

  it('run one kernel for each variable', async () => {
    await setBackend('wasm');
    undo = registerWasmTraining();
    const vars = [variable(random([3], 1)), variable(random([2, 2], 2))];
    const optimizer = train.adam(0.1);
    const names = await kernelsOf(() => optimizer.applyGradients(gradientsOf(vars)));
    expect(names.filter((name) => name === 'SecateurAdamUpdate')).toHaveLength(2);
    expect(names).not.toContain('Sqrt');
    undo();
    expect(await kernelsOf(() => optimizer.applyGradients(gradientsOf(vars)))).toContain('Sqrt');
  });

  it('write new moments elsewhere when another tensor shares the old ones', async () => {
    await setBackend('wasm');
    undo = registerWasmTraining();
    const v = variable(random([5], 1));
    const optimizer = train.momentum(0.1, 0.5);
    optimizer.applyGradients(gradientsOf([v]));
    const [, velocity] = await optimizer.getWeights();
    const copy = clone(velocity?.tensor as Tensor);
    const before = await valuesOf([copy]);
    optimizer.applyGradients(gradientsOf([v]));
    expect(await valuesOf([copy])).toEqual(before);
    expect(await valuesOf([velocity?.tensor as Tensor])).not.toEqual(before);
  });

  it('leave gradients of another shape to tfjs', async () => {
    await setBackend('wasm');
    undo = registerWasmTraining();
    const v = variable(tensor1d([1, 2, 3]), true, 'broadcast');
    train.momentum(0.5, 0.5).applyGradients({ broadcast: tensor1d([2]) as Variable });
    expect(await valuesOf([v])).toEqual([[0, 1, 2]]);
  });
});
