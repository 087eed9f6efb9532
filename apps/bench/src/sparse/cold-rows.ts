import { sparsify } from '@secateur/sparse';
import { add, dispose, fused, type Tensor } from '@tensorflow/tfjs-core';
import { input, type LayersModel, type layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Row } from '../row.js';
import { maxRelError } from '../sparse-peers/max-rel-error.js';
import { ortDense } from '../sparse-peers/ort-layer.js';
import { compare } from './compare.js';
import { type BenchLayer, buildLayer } from './layer.js';
import type { Pattern } from './patterns.js';
import { valuesOf } from './values-of.js';

const shape = { kind: 'dense', batch: 1, inputs: 4096, outputs: 1000 } as const;
/** More than the caches of most machines hold. */
const cacheBytes = 64 * 2 ** 20;

/**
 * A dense layer on one example whose weights are in no cache, since those of others like it have gone through in between: a
 * model of so many of them that the caches can't hold them all.
 */
export async function coldRows(quick: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const pattern of ['unstructured', '4x1'] satisfies Pattern[]) {
    for (const sparsity of quick ? [0.9] : [0.5, 0.8, 0.9, 0.95]) {
      console.error(`sparse: cold weights, ${pattern}, ${sparsity}`);
      rows.push(...(await rowsOf(pattern, sparsity, quick ? 3 : 15)));
    }
  }
  return rows;
}

async function rowsOf(pattern: Pattern, sparsity: number, rounds: number): Promise<Row[]> {
  const layer = buildLayer(shape, pattern, sparsity);
  const single = await sparsify(layer.model);
  const copies = Math.ceil(cacheBytes / single.memoryBytes);
  single.dispose();
  const many = await sparsify(repeated(layer, copies));
  const kernelBytes = 4 * layer.kernel.length;
  const filters = Array.from({ length: Math.ceil(cacheBytes / kernelBytes) }, () => add(layer.filter, 0));
  const ort = await ortDense({ ...shape, kernel: layer.kernel, bias: layer.bias, relu: true });

  const ours = () => dispose(many.predict(layer.input));
  const tfjs = () => {
    for (const b of filters)
      fused.matMul({ a: layer.input, b, bias: layer.biases, activation: 'relu' }).dispose();
  };
  const [output, ...others] = many.predict(layer.input) as Tensor[];
  dispose(others);
  const values = await valuesOf(output as Tensor);
  const row = { layer: 'Dense 4096->1000, batch 1, cold weights', pattern, sparsity };
  const ratios = await compare(ours, { tfjs, ort: () => ort.single() }, { rounds, milliseconds: 1 });
  const rows = [
    {
      ...row,
      peer: 'tfjs-wasm',
      ratio: (ratios.tfjs / filters.length) * copies,
      maxRelError: maxRelError(values, await valuesOf(layer.fusedByTfjs())),
    },
    {
      ...row,
      peer: 'onnxruntime-web',
      ratio: ratios.ort * copies,
      maxRelError: maxRelError(values, await ort.run(await layer.input.data<'float32'>())),
    },
  ];
  await ort.release();
  many.dispose();
  dispose(filters);
  layer.release();
  return rows;
}

/** A layer called many times: each call has its weights in a place of its own. */
function repeated(layer: BenchLayer, copies: number): LayersModel {
  const [only] = layer.model.layers as [ReturnType<typeof layers.dense>];
  const x = input({ shape: [shape.inputs] });
  return model({ inputs: x, outputs: Array.from({ length: copies }, () => only.apply(x) as SymbolicTensor) });
}
