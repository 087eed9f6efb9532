import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import {
  backend,
  engine,
  getBackend,
  memory,
  randomUniform,
  setBackend,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

// The same file runs in the cpu and in the wasm project; each comparison picks its backends itself.
if (getBackend() !== 'wasm') {
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
}

export type Backend = 'cpu' | 'wasm';

/** The backend of the project that the test file runs in. */
export const initialBackend: string = getBackend();

/** The values of what `make` returns on the given backend; fails when anything else stays in memory. */
export async function valuesOn(backend: Backend, make: () => Tensor | Tensor[]): Promise<number[][]> {
  const before = getBackend();
  await setBackend(backend);
  try {
    const { numTensors, numDataBuffers } = memory();
    const made = [tidy(make)].flat();
    const values = await Promise.all(made.map(async (tensor) => [...(await tensor.data())]));
    for (const tensor of made) tensor.dispose();
    expect(memory()).toMatchObject({ numTensors, numDataBuffers });
    return values;
  } finally {
    await setBackend(before);
  }
}

/** Holds `actual` against `expected`, with the difference relative to the largest expected value. */
export function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-5): void {
  expect(actual).toHaveLength(expected.length);
  const scale = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-3);
  const worst = actual.reduce(
    (max, value, i) => Math.max(max, Math.abs(value - (expected[i] ?? Number.NaN))),
    0,
  );
  if (!(worst <= tolerance * scale)) expect(actual).toEqual(expected);
}

/** Computes the same on both backends; gives the wasm values. */
export async function expectSameOnBoth(make: () => Tensor | Tensor[], tolerance = 1e-5): Promise<number[][]> {
  const cpu = await valuesOn('cpu', make);
  const wasm = await valuesOn('wasm', make);
  expect(wasm).toHaveLength(cpu.length);
  for (const [i, values] of wasm.entries()) expectClose(values, cpu[i] ?? [], tolerance);
  return wasm;
}

/** Repeatable values in [-1, 1). */
export function random(shape: number[], seed: number): Tensor {
  return randomUniform(shape, -1, 1, 'float32', seed);
}

/** The Emscripten module under the wasm backend, when that is active. */
export function emscripten(): Emscripten {
  return (backend() as unknown as { wasm: Emscripten }).wasm;
}

interface Emscripten {
  asm: { readonly memory: WebAssembly.Memory };
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Runs `test` with the memory of the wasm backend out of sight, as in a build of tfjs that we don't know. */
export async function withoutHeap(test: () => Promise<void>): Promise<void> {
  const before = getBackend();
  await setBackend('wasm');
  const module = emscripten();
  const { asm } = module;
  module.asm = Object.create(asm, { memory: { value: undefined } });
  try {
    await test();
  } finally {
    module.asm = asm;
    await setBackend(before);
  }
}

/** Runs a kernel of the active backend by its name. */
export function kernel(name: string, inputs: Record<string, Tensor>, attrs: object): Tensor {
  return engine().runKernel(name, inputs, attrs as Record<string, number>) as Tensor;
}
