import { Tensor as LiteRtTensor, loadAndCompile, loadLiteRt } from '@litertjs/core';
import { sparsify } from '@secateur/sparse';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import * as ort from 'onnxruntime-web/wasm';
import { channelsFirst } from '../sparse-peers/layouts.js';
import { ortSession } from '../sparse-peers/ort.js';

/** A network in one of the runtimes, with an input of its own. */
export interface Runner {
  run(): Promise<Float32Array>;
  release(): Promise<void>;
}

/** A model in tfjs, on the current backend. */
export async function tfjsRunner(
  address: string,
  values: Float32Array,
  shape: readonly number[],
): Promise<Runner> {
  const model = await loadLayersModel(address);
  const x = tensor(values, [...shape]);
  return {
    run: () => answer(model.predict(x) as Tensor),
    async release() {
      x.dispose();
      model.dispose();
    },
  };
}

/** A model on sparse kernels. */
export async function sparseRunner(
  address: string,
  values: Float32Array,
  shape: readonly number[],
): Promise<Runner> {
  const model = await loadLayersModel(address);
  const sparse = await sparsify(model);
  const x = tensor(values, [...shape]);
  return {
    run: () => answer(sparse.predict(x) as Tensor),
    async release() {
      x.dispose();
      sparse.dispose();
      model.dispose();
    },
  };
}

async function answer(output: Tensor): Promise<Float32Array> {
  const values = (await output.data()) as Float32Array;
  output.dispose();
  return values;
}

/** A model for images in ONNX Runtime. */
export async function ortRunner(
  address: string,
  values: Float32Array,
  [batch, rows, columns, channels]: readonly [number, number, number, number],
): Promise<Runner> {
  ort.env.wasm.wasmPaths = '/ort/';
  const file = await fetch(address);
  const session = await ortSession(ort, new Uint8Array(await file.arrayBuffer()), [
    batch,
    channels,
    rows,
    columns,
  ]);
  const x = channelsFirst(values, [rows, columns, channels]);
  return { run: () => session.run(x), release: () => session.release() };
}

let litert: ReturnType<typeof loadLiteRt> | undefined;

/** A model in LiteRT. */
export async function litertRunner(
  address: string,
  values: Float32Array,
  shape: readonly number[],
): Promise<Runner> {
  litert ??= loadLiteRt('/litert/');
  await litert;
  const model = await loadAndCompile(address, { accelerator: 'wasm' });
  const x = new LiteRtTensor(values, [...shape]);
  return {
    async run() {
      const [output, ...others] = await model.run(x);
      const answered = await output?.data();
      if (!(answered instanceof Float32Array) || others.length > 0)
        throw new Error('LiteRT did not give one output of floats');
      output?.delete();
      return answered;
    },
    async release() {
      x.delete();
      model.delete();
    },
  };
}
