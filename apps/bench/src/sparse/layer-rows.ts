import { sparsify } from '@secateur/sparse';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Row } from '../row.js';
import { maxRelError } from '../sparse-peers/max-rel-error.js';
import { layerTimes, type OrtLayer, ortConvolution, ortDense } from '../sparse-peers/ort-layer.js';
import { type ComparePlan, compare } from './compare.js';
import { type BenchLayer, buildLayer, type LayerShape } from './layer.js';
import type { Pattern } from './patterns.js';
import { valuesOf } from './values-of.js';

/** A layer, and the patterns in which it is pruned. */
interface Case {
  readonly layer: string;
  readonly shape: LayerShape;
  readonly patterns: readonly Pattern[];
}

const cases: readonly Case[] = [
  {
    layer: '1x1 14x14x512->512',
    shape: { kind: 'conv', size: 14, kernel: 1, inputs: 512, outputs: 512 },
    patterns: ['unstructured', '4x1', '8x1'],
  },
  {
    layer: '1x1 7x7x1024->1024',
    shape: { kind: 'conv', size: 7, kernel: 1, inputs: 1024, outputs: 1024 },
    patterns: ['unstructured', '8x1'],
  },
  {
    layer: '3x3 28x28x128->128',
    shape: { kind: 'conv', size: 28, kernel: 3, inputs: 128, outputs: 128 },
    patterns: ['unstructured', '8x1'],
  },
  {
    layer: 'Dense 784->300, batch 32',
    shape: { kind: 'dense', batch: 32, inputs: 784, outputs: 300 },
    patterns: ['unstructured'],
  },
  {
    layer: 'Dense 4096->1000, batch 32',
    shape: { kind: 'dense', batch: 32, inputs: 4096, outputs: 1000 },
    patterns: ['unstructured', '8x1'],
  },
];

const sparsities = [0.5, 0.8, 0.9, 0.95];

/** Single layers against tfjs-wasm's fused operations and onnxruntime-web. */
export async function layerRows(quick: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { layer, shape, patterns } of cases) {
    for (const pattern of patterns) {
      for (const sparsity of quick ? [0.9] : sparsities) {
        console.error(`sparse: ${layer}, ${pattern}, ${sparsity}`);
        const plan = { rounds: quick ? 3 : 25, milliseconds: 4 };
        rows.push(...(await rowsOf({ layer, pattern, sparsity }, shape, plan)));
      }
    }
  }
  return rows;
}

async function rowsOf(
  names: { readonly layer: string; readonly pattern: Pattern; readonly sparsity: number },
  shape: LayerShape,
  plan: ComparePlan,
): Promise<Row[]> {
  const layer = buildLayer(shape, names.pattern, names.sparsity);
  const sparse = await sparsify(layer.model);
  const ort = await openOrt(shape, layer);
  const ours = () => (sparse.predict(layer.input) as Tensor).dispose();
  const output = await valuesOf(sparse.predict(layer.input) as Tensor);
  const errors = {
    'tfjs-wasm': maxRelError(output, await valuesOf(layer.fusedByTfjs())),
    'onnxruntime-web': maxRelError(output, await ort.run(await layer.input.data<'float32'>())),
  };
  const ratios = await compare(
    ours,
    {
      'tfjs-wasm': () => layer.fusedByTfjs().dispose(),
      single: () => ort.single(),
      chain: () => ort.chain(),
    },
    plan,
  );
  const [ortRatio = Number.NaN] = layerTimes([ratios.single], [ratios.chain]);
  await ort.release();
  sparse.dispose();
  layer.release();
  return [
    { ...names, peer: 'tfjs-wasm', ratio: ratios['tfjs-wasm'], maxRelError: errors['tfjs-wasm'] },
    { ...names, peer: 'onnxruntime-web', ratio: ortRatio, maxRelError: errors['onnxruntime-web'] },
  ];
}

function openOrt(shape: LayerShape, { kernel, bias }: BenchLayer): Promise<OrtLayer> {
  const { inputs, outputs } = shape;
  const weights = { inputs, outputs, kernel, bias, relu: true };
  return shape.kind === 'conv'
    ? ortConvolution({ ...weights, height: shape.size, width: shape.size, kernelSize: shape.kernel })
    : ortDense({ ...weights, batch: shape.batch });
}
