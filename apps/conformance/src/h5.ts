import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadH5, saveH5 } from '@secateur/export/h5';
import '@tensorflow/tfjs-backend-cpu';
import {
  dispose,
  floor,
  getBackend,
  randomUniform,
  setBackend,
  type Tensor,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { fillWeights, h5Models, notInKeras3 } from './h5-models.js';
import { run } from './peer.js';

/** One model, one way. */
export interface H5Case {
  readonly name: string;
  readonly passed: boolean;
  readonly detail?: string;
}

/** The largest difference of a prediction that still counts as the same, relative to values above one. */
const tolerance = 1e-5;

const script: string = fileURLToPath(new URL('../python/h5_check.py', import.meta.url));

interface Given {
  readonly shape: number[];
  readonly values: number[];
}
interface Answer {
  readonly outputs?: number[][];
  readonly error?: string;
}

/**
 * Holds .h5 files against real Keras: each model written by us is opened by tf.keras and by Keras 3, and each model
 * that those write is opened by us; the predictions must agree. Runs on the cpu backend: conv3dTranspose, and conv3d
 * followed by maxPool3d, give other numbers on the wasm backend of tfjs 4.22.
 */
export async function h5Cases(python: string): Promise<H5Case[]> {
  const folder = await mkdtemp(join(tmpdir(), 'secateur-h5-'));
  const backend = getBackend();
  await setBackend('cpu');
  try {
    return [...(await writtenByUs(python, folder)), ...(await writtenByKeras(python, folder))];
  } finally {
    if (backend !== undefined) await setBackend(backend);
    await rm(folder, { recursive: true, force: true });
  }
}

async function writtenByUs(python: string, folder: string): Promise<H5Case[]> {
  const expected = new Map<string, number[][]>();
  for (const [name, make] of Object.entries(h5Models)) {
    const model = make();
    fillWeights(model);
    const inputs = model.inputs.map(({ shape }, i) =>
      tidy(() => floor(randomUniform([3, ...shape.slice(1)] as number[], 0, 6.99, 'float32', 100 + i))),
    );
    const given = await Promise.all(
      inputs.map(async (x) => ({ shape: x.shape, values: [...(await x.data())] })),
    );
    expected.set(name, await predict(model, inputs));
    await saveH5(model, join(folder, `${name}.h5`));
    await writeFile(join(folder, `${name}.json`), JSON.stringify({ inputs: given }));
    dispose(inputs);
    model.dispose();
  }
  await run(python, [script, 'read', folder]);
  const cases: H5Case[] = [];
  for (const [name, outputs] of expected) {
    for (const [keras, suffix] of [
      ['tf.keras', 'keras2'],
      ['Keras 3', 'keras3'],
    ] as const) {
      if (keras === 'Keras 3' && notInKeras3.has(name)) continue;
      const answer = JSON.parse(await readFile(join(folder, `${name}.${suffix}.json`), 'utf8')) as Answer;
      cases.push({ name: `${name}: ours, opened by ${keras}`, ...compared(outputs, answer) });
    }
    for (const suffix of ['h5', 'json', 'keras2.json', 'keras3.json'])
      await rm(join(folder, `${name}.${suffix}`));
  }
  return cases;
}

async function writtenByKeras(python: string, folder: string): Promise<H5Case[]> {
  await run(python, [script, 'write', folder]);
  const cases: H5Case[] = [];
  for (const entry of (await readdir(folder)).filter((name) => name.endsWith('.h5')).sort()) {
    const name = entry.slice(0, -'.h5'.length);
    const json = await readFile(join(folder, `${name}.json`), 'utf8');
    const { inputs, outputs } = JSON.parse(json) as { inputs: Given[]; outputs: number[][] };
    cases.push({
      name: `${name.replace(/^keras(\d) /, '')}: Keras ${name[5]}'s, opened by us`,
      ...compared(outputs, await open(join(folder, entry), inputs)),
    });
  }
  return cases;
}

async function open(path: string, given: readonly Given[]): Promise<Answer> {
  try {
    const model = await loadH5(path);
    const inputs = given.map(({ shape, values }) => tensor(values, shape));
    const outputs = await predict(model, inputs);
    dispose(inputs);
    model.dispose();
    return { outputs };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

async function predict(model: LayersModel, inputs: readonly Tensor[]): Promise<number[][]> {
  const predicted = model.predict(inputs.length === 1 ? (inputs[0] as Tensor) : [...inputs]);
  const outputs = Array.isArray(predicted) ? predicted : [predicted];
  const values = await Promise.all(outputs.map(async (output) => [...(await output.data())]));
  dispose(outputs);
  return values;
}

function compared(expected: readonly number[][], { outputs, error }: Answer): Omit<H5Case, 'name'> {
  if (outputs === undefined) return { passed: false, detail: error ?? 'no answer' };
  const lengths = [expected, outputs].map((side) => side.map(({ length }) => length).join('+'));
  if (lengths[0] !== lengths[1])
    return { passed: false, detail: `${lengths[1]} values, expected ${lengths[0]}` };
  let largest = 0;
  for (const [o, output] of outputs.entries()) {
    for (const [v, value] of output.entries()) {
      const wanted = expected[o]?.[v] ?? Number.NaN;
      const difference = Math.abs(value - wanted) / Math.max(1, Math.abs(wanted));
      if (!(difference <= largest)) largest = difference;
    }
  }
  return { passed: largest <= tolerance, detail: `largest difference ${largest.toExponential(1)}` };
}
