import {
  findBackendFactory,
  getKernel,
  getKernelsForBackend,
  registerBackend,
  removeBackend,
  setBackend,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { initialBackend, kernel, valuesOn } from '../testing/backends.js';
import { registerWasmTraining } from './register.js';
import { warnOnUntestedVersion } from './tested-version.js';
import { WasmTrainError } from './wasm-train-error.js';

const missing = [
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
  'UnsortedSegmentSum',
];
const kernels = (): Map<string, unknown> =>
  new Map(getKernelsForBackend('wasm').map((config) => [config.kernelName, config.kernelFunc]));

afterEach(() => vi.restoreAllMocks());

describe('registerWasmTraining', () => {
  it('adds the missing kernels, and what it returns takes everything back', () => {
    const before = kernels();
    for (const name of missing) expect(before.has(name)).toBe(false);
    const undo = registerWasmTraining();
    for (const name of missing) expect(kernels().has(name)).toBe(true);
    expect(kernels().get('BatchMatMul')).not.toBe(before.get('BatchMatMul'));
    undo();
    expect(kernels()).toEqual(before);
    undo();
    expect(kernels()).toEqual(before);
  });

  it('changes nothing the second time, and stays silent', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const undo = registerWasmTraining();
    const once = kernels();
    registerWasmTraining();
    expect(kernels()).toEqual(once);
    undo();
    expect(getKernel('UnsortedSegmentSum', 'wasm')).toBeUndefined();
    expect(warn).not.toHaveBeenCalled();
  });

  it('can come before the backend starts, and its undoing after', async () => {
    const factory = findBackendFactory('wasm');
    await setBackend('cpu');
    removeBackend('wasm');
    registerBackend('wasm', factory, 2);
    const undo = registerWasmTraining();
    const product = (transposeA: boolean) => () =>
      kernel(
        'BatchMatMul',
        { a: tensor2d([[1, 2]]), b: tensor2d([[3, 4]]) },
        { transposeA, transposeB: !transposeA },
      );
    expect(await valuesOn('wasm', product(true))).toEqual([[3, 4, 6, 8]]);
    undo();
    expect(await valuesOn('wasm', product(false))).toEqual([[11]]);
    await setBackend(initialBackend);
  });

  it('says so when there is no wasm backend', async () => {
    const factory = findBackendFactory('wasm');
    await setBackend('cpu');
    removeBackend('wasm');
    try {
      registerWasmTraining();
      expect.unreachable();
    } catch (error) {
      expect(WasmTrainError.isInstance(error) && error.option).toBe('backend');
      expect((error as Error).message).toContain("import '@tensorflow/tfjs-backend-wasm'");
    } finally {
      registerBackend('wasm', factory, 2);
    }
    await setBackend(initialBackend);
  });
});

describe('warnOnUntestedVersion', () => {
  it('warns once for each version that was not tested', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    warnOnUntestedVersion({ core: '4.22.0', wasm: '4.22.0' });
    expect(warn).not.toHaveBeenCalled();
    warnOnUntestedVersion({ core: '4.22.0', wasm: '4.99.0' });
    warnOnUntestedVersion({ core: '4.22.0', wasm: '4.99.0' });
    expect(warn).toHaveBeenCalledOnce();
    expect(warn).toHaveBeenLastCalledWith(
      expect.stringContaining('@tensorflow/tfjs-backend-wasm 4.22.0, not with 4.99.0'),
    );
    warnOnUntestedVersion({ core: '5.0.0', wasm: '4.99.0' });
    expect(warn).toHaveBeenCalledTimes(2);
  });
});

describe('WasmTrainError', () => {
  it('knows its own from others', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('secateur.WasmTrainError')]: true });
    expect(WasmTrainError.isInstance(new WasmTrainError('x'))).toBe(true);
    expect(WasmTrainError.isInstance(foreign)).toBe(true);
    for (const other of [new Error('x'), null, undefined, 'x', {}]) {
      expect(WasmTrainError.isInstance(other)).toBe(false);
    }
  });
});
