import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { registerWasmTraining } from '@secateur/wasm-train';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { setBackend } from '@tensorflow/tfjs-core';

/** The WebAssembly backend with the kernels that training needs. What it gives puts the backend's own back. */
export async function startBackend(): Promise<() => void> {
  setWasmPaths(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')) + sep);
  await setBackend('wasm');
  return registerWasmTraining();
}
