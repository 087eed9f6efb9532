import { block, magnitude } from '@secateur/masks';
import { randomUniform, type Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { median } from 'd3-array';
import { startBackends } from '../backends.js';
import { medianRatio } from '../interleaved.js';
import { mobilenetV1 } from '../mobilenet-v1.js';
import type { Row } from '../row.js';
import { onnxOf } from '../sparse-peers/onnx-model.js';
import { tfliteOf } from '../sparse-peers/tflite.js';
import { type Browser, openBrowser } from './browser.js';
import { digestModels } from './digest-models.js';
import { addFloats, addModelFiles } from './model-files.js';
import { outputDigest } from './output-digest.js';
import type { PageModel, WebPeer } from './page-api.js';

/** A peer whose answer differs by more computes something else, and its time means nothing. */
const tolerance = 1e-4;

const strategies = { unstructured: magnitude(), '8x1': block({ blockSize: [1, 8] }) } as const;
type Pattern = keyof typeof strategies;

const cases: readonly (readonly [Pattern, sparsity: number])[] = [
  ['unstructured', 0.9],
  ['8x1', 0.9],
  ['unstructured', 0.8],
];

/** What the benchmark in Chromium is asked for. */
export interface SparseWebOptions {
  /** Few rounds of the first case. */
  readonly quick?: boolean;
}

/**
 * Sparse models in a headless Chromium, on one thread. `ratio` is a peer's time over ours; `litert-sparse` runs a network
 * that is rebuilt for it, all others the stock one. `maxRelError` is the larger one of ours and the peer's, each against
 * tfjs-wasm on the same network. For the peer `node`, `bitsEqual` is 1 when our outputs are the same in Node and in
 * Chromium to the bit.
 */
export async function sparseWeb({ quick = false }: SparseWebOptions): Promise<Row[]> {
  await startBackends();
  const browser = await openBrowser();
  try {
    const rows: Row[] = [];
    const [rounds, asked] = quick ? [5, cases.slice(0, 1)] : [25, cases];
    for (const [pattern, sparsity] of asked) {
      console.error(`sparse-web: mobilenetv1, ${pattern}, ${sparsity}`);
      rows.push(...(await mobilenetRows(browser, { pattern, sparsity, rounds })));
      browser.files.clear();
    }
    for (const pattern of new Set(asked.map(([each]) => each))) {
      rows.push(...(await layerRows(browser, pattern, 0.9)));
      browser.files.clear();
    }
    return rows;
  } finally {
    await browser.close();
  }
}

interface Case {
  readonly pattern: Pattern;
  readonly sparsity: number;
  readonly rounds: number;
}

async function mobilenetRows(browser: Browser, { pattern, sparsity, rounds }: Case): Promise<Row[]> {
  const pruning = { strategy: strategies[pattern], sparsity };
  const model = await mobilenetV1({ pruning });
  const rebuilt = await mobilenetV1({ pruning, variant: 'litert' });
  const image = randomUniform([1, 224, 224, 3], -1, 1, 'float32', 1);

  const { files } = browser;
  files.set('/mobilenetv1.onnx', await onnxOf(model));
  files.set('/mobilenetv1.tflite', await tfliteOf(model, 'dense'));
  files.set('/rebuilt.tflite', await tfliteOf(rebuilt, 'sparse'));
  const pageModel = await addModel(browser, model, image);
  const { times, maxRelErrors } = await browser.measure({
    ...pageModel,
    onnx: '/mobilenetv1.onnx',
    litert: '/mobilenetv1.tflite',
    litertSparse: {
      file: '/rebuilt.tflite',
      model: await addModelFiles(files, '/rebuilt', rebuilt),
    },
    rounds,
  });
  const label = { model: 'mobilenetv1', pattern, sparsity };
  const { secateur, ...peers } = times;
  const rows: Row[] = Object.entries(peers).map(([peer, peerTimes]) => ({
    ...label,
    peer,
    ratio: medianRatio(peerTimes, secateur),
    maxRelError: Math.max(maxRelErrors.secateur, maxRelErrors[peer as WebPeer]),
  }));
  for (const [name, error] of Object.entries(maxRelErrors)) {
    if (!(error <= tolerance))
      throw new Error(`${name} gives other outputs than tfjs: the error is ${error}`);
    console.error(`  ${name}: ${median(times[name as keyof typeof times])?.toFixed(2)} ms, error ${error}`);
  }
  rows.push({ ...label, peer: 'node', bitsEqual: await bitsEqual(browser, model, image, pageModel) });
  for (const each of [model, rebuilt, image]) each.dispose();
  return rows;
}

/** Models of one layer: only whether Node and Chromium agree. */
async function layerRows(browser: Browser, pattern: Pattern, sparsity: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, batch, build } of digestModels({ strategy: strategies[pattern], sparsity })) {
    const model = await build();
    const shape = (model.inputs[0]?.shape ?? []).slice(1).map(Number);
    const x = randomUniform([batch, ...shape], -1, 1, 'float32', 1);
    const equal = await bitsEqual(browser, model, x, await addModel(browser, model, x));
    rows.push({ model: name, pattern, sparsity, peer: 'node', bitsEqual: equal });
    for (const each of [model, x]) each.dispose();
  }
  return rows;
}

async function bitsEqual(
  browser: Browser,
  model: LayersModel,
  x: Tensor,
  pageModel: PageModel,
): Promise<number> {
  return Number((await outputDigest(model, x)) === (await browser.digest(pageModel)));
}

async function addModel({ files }: Browser, model: LayersModel, x: Tensor): Promise<PageModel> {
  return {
    model: await addModelFiles(files, '/model', model),
    input: addFloats(files, '/input', (await x.data()) as Float32Array),
    shape: x.shape,
  };
}
