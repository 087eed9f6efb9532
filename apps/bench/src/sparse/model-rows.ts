import { sparsify, toBare } from '@secateur/sparse';
import { loadBare } from '@secateur/sparse/bare';
import { randomUniform, type Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import * as ort from 'onnxruntime-web';
import { mobilenetV1 } from '../mobilenet-v1.js';
import { mobilenetV2 } from '../mobilenet-v2.js';
import { networks } from '../networks.js';
import { prunePointwise } from '../prune-kernels.js';
import type { Row } from '../row.js';
import { channelsFirst } from '../sparse-peers/layouts.js';
import { maxRelError } from '../sparse-peers/max-rel-error.js';
import { onnxOf } from '../sparse-peers/onnx-model.js';
import { ortSession } from '../sparse-peers/ort.js';
import { type Call, compare } from './compare.js';
import { type Pattern, strategies } from './patterns.js';
import { valuesOf } from './values-of.js';

/** A model whose 1x1 convolutions and dense layers are pruned. */
interface Case {
  readonly model: string;
  readonly pattern: Pattern;
  readonly sparsity: number;
  readonly build: (pattern: Pattern, sparsity: number) => Promise<LayersModel>;
  /** Whether onnxruntime-web is timed as well. */
  readonly withOrt?: boolean;
  /** The threads that the bare runner is timed on. */
  readonly withBare?: readonly (1 | 2)[];
}

const v1 = (pattern: Pattern, sparsity: number) =>
  mobilenetV1({ pruning: { strategy: strategies[pattern], sparsity } });

async function pruned(model: LayersModel, pattern: Pattern, sparsity: number): Promise<LayersModel> {
  await prunePointwise(model, { strategy: strategies[pattern], sparsity });
  return model;
}

const lenet = (pattern: Pattern, sparsity: number) =>
  pruned(networks['lenet-300-100'].build(), pattern, sparsity);

const cases: readonly Case[] = [
  {
    model: 'mobilenetv1',
    pattern: 'unstructured',
    sparsity: 0.9,
    build: v1,
    withOrt: true,
    withBare: [1, 2],
  },
  { model: 'mobilenetv1', pattern: '8x1', sparsity: 0.9, build: v1 },
  { model: 'mobilenetv1', pattern: 'unstructured', sparsity: 0.8, build: v1 },
  { model: 'lenet-300-100', pattern: 'unstructured', sparsity: 0.9, build: lenet, withBare: [1] },
  { model: 'lenet-300-100', pattern: '4x1', sparsity: 0.9, build: lenet, withBare: [1] },
  {
    model: 'nsfwjs-mobilenetv2',
    pattern: 'unstructured',
    sparsity: 0.8,
    build: async (pattern, sparsity) => pruned(await mobilenetV2(), pattern, sparsity),
  },
];

/** Whole models, one example, against the LayersModel on tfjs-wasm and onnxruntime-web. `runner` is how ours ran. */
export async function modelRows(quick: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { model: name, pattern, sparsity, build, withOrt, withBare } of cases) {
    console.error(`sparse: ${name}, ${pattern}, ${sparsity}`);
    const model = await build(pattern, sparsity);
    const sparse = await sparsify(model);
    const input = randomUniform([1, ...inputSizes(model)], -1, 1, 'float32', 7);
    const values = await input.data<'float32'>();
    const expected = await valuesOf(model.predict(input) as Tensor);
    const plan = { rounds: quick ? 3 : 25, milliseconds: 10 };
    const tfjs: Call = () => (model.predict(input) as Tensor).dispose();
    const ours: Call = () => (sparse.predict(input) as Tensor).dispose();
    const error = maxRelError(await valuesOf(sparse.predict(input) as Tensor), expected);
    const row = { model: name, pattern, sparsity };
    const { 'tfjs-wasm': ratio } = await compare(ours, { 'tfjs-wasm': tfjs }, plan);
    rows.push({ ...row, runner: 'tfjs', peer: 'tfjs-wasm', ratio, maxRelError: error });
    if (withOrt) {
      const session = await ortSession(ort, await onnxOf(model), [1, 3, 224, 224]);
      const image = channelsFirst(values, [224, 224, 3]);
      const ortError = maxRelError(await valuesOf(sparse.predict(input) as Tensor), await session.run(image));
      const ratios = await compare(ours, { 'onnxruntime-web': () => session.run(image) }, plan);
      rows.push({
        ...row,
        runner: 'tfjs',
        peer: 'onnxruntime-web',
        ratio: ratios['onnxruntime-web'],
        maxRelError: ortError,
      });
      await session.release();
    }
    if (withBare !== undefined) {
      for (const threads of withBare) {
        const bare = await loadBare(await toBare(model, { threads }));
        const output = new Float32Array(expected.length);
        const bareError = maxRelError(bare.run(values), expected);
        const ratios = await compare(() => bare.run(values, output), { 'tfjs-wasm': tfjs }, plan);
        const runner = threads === 1 ? 'bare' : 'bare, two threads';
        rows.push({ ...row, runner, peer: 'tfjs-wasm', ratio: ratios['tfjs-wasm'], maxRelError: bareError });
        bare.dispose();
      }
    }
    for (const held of [sparse, model, input]) held.dispose();
  }
  return rows;
}

function inputSizes(model: LayersModel): number[] {
  return (model.inputs[0]?.shape ?? []).slice(1).map((size) => size ?? 1);
}
