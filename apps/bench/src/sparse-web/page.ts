import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { setBackend, tensor } from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { type Task, timeInterleaved } from '../interleaved.js';
import { maxRelError } from '../sparse-peers/max-rel-error.js';
import { outputDigest } from './output-digest.js';
import type { Measured, Measurement, PageApi, WebPeer } from './page-api.js';
import { litertRunner, ortRunner, type Runner, sparseRunner, tfjsRunner } from './page-peers.js';

/** Of each round, for each network: enough that the clock of a page, of 0.1 ms, is fine enough. */
const runsInARound = 3;
/** Before the first round, so that the browser has compiled what it will. */
const warmUps = 30;

type Name = 'secateur' | WebPeer;

async function measure(measurement: Measurement): Promise<Measured> {
  await start();
  const { model, onnx, litert, litertSparse, shape, rounds } = measurement;
  const values = await floatsAt(measurement.input);
  const reference = await tfjsRunner(model, values, shape);
  const rebuilt = await tfjsRunner(litertSparse.model, values, shape);
  const runners: Readonly<Record<Name, Runner>> = {
    secateur: await sparseRunner(model, values, shape),
    'tfjs-wasm': reference,
    'onnxruntime-web': await ortRunner(onnx, values, shape as [number, number, number, number]),
    litert: await litertRunner(litert, values, shape),
    'litert-sparse': await litertRunner(litertSparse.file, values, shape),
  };
  const expected = Float32Array.from(await reference.run());
  const rebuiltExpected = Float32Array.from(await rebuilt.run());
  const errors = () =>
    mapRecord(runners, async (runner, name) =>
      maxRelError(await runner.run(), name === 'litert-sparse' ? rebuiltExpected : expected),
    );
  const before = await errors();
  const tasks = await mapRecord(runners, async (runner): Promise<Task> => {
    for (let run = 0; run < warmUps; run += 1) await runner.run();
    return async () => {
      for (let run = 0; run < runsInARound; run += 1) await runner.run();
    };
  });
  const times = await timeInterleaved(tasks, rounds);
  const after = await errors();
  for (const runner of [rebuilt, ...Object.values(runners)]) await runner.release();
  return {
    times: await mapRecord(times, async (round) => round.map((time) => time / runsInARound)),
    maxRelErrors: await mapRecord(before, async (error, name) => Math.max(error, after[name])),
  };
}

async function digest({ model: address, input, shape }: Parameters<PageApi['digest']>[0]): Promise<string> {
  await start();
  const model = await loadLayersModel(address);
  const x = tensor(await floatsAt(input), [...shape]);
  const result = await outputDigest(model, x);
  x.dispose();
  model.dispose();
  return result;
}

async function start(): Promise<void> {
  setWasmPaths('/tfjs/');
  if (!(await setBackend('wasm'))) throw new Error('the wasm backend does not start here');
}

async function floatsAt(address: string): Promise<Float32Array> {
  return new Float32Array(await (await fetch(address)).arrayBuffer());
}

/** One after the other. */
async function mapRecord<Key extends string, From, To>(
  record: Readonly<Record<Key, From>>,
  map: (value: From, key: Key) => Promise<To>,
): Promise<Record<Key, To>> {
  const result: Partial<Record<Key, To>> = {};
  for (const key of Object.keys(record) as Key[]) result[key] = await map(record[key], key);
  return result as Record<Key, To>;
}

const api: PageApi = { measure, digest };
Object.assign(globalThis, { sparseWeb: api });
