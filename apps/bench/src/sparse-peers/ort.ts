import type * as Ort from 'onnxruntime-web';

/** ONNX Runtime for the web: npm `onnxruntime-web` in Node, `onnxruntime-web/wasm` in a page. */
export type OrtRuntime = Pick<typeof Ort, 'env' | 'InferenceSession' | 'Tensor'>;

/** A model in ONNX Runtime, on one thread. */
export interface OrtSession {
  /** Takes and gives values in the order of the .onnx file. */
  run(values: Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Opens a model whose input is `x` of this shape and whose output is `y`, of floats. */
export async function ortSession(
  { env, InferenceSession, Tensor }: OrtRuntime,
  model: Uint8Array,
  shape: readonly number[],
): Promise<OrtSession> {
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'] });
  return {
    async run(values) {
      const { y } = await session.run({ x: new Tensor('float32', values, shape) });
      if (!(y?.data instanceof Float32Array)) throw new Error('the output is not of floats');
      return y.data;
    },
    release: () => session.release(),
  };
}
