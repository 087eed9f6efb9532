import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { registerWasmTraining } from '@secateur/wasm-train';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { setBackend } from '@tensorflow/tfjs-core';

/** The wasm backend, with the gradient kernels it needs to train. */
export async function useWasm(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(entry)}/`);
  registerWasmTraining();
  if (!(await setBackend('wasm'))) throw new Error('The wasm backend of TensorFlow.js did not start');
}
