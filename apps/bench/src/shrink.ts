import {
  channelGroups,
  l1,
  type PlanOptions,
  planStructure,
  shrink as shrinkModel,
} from '@secateur/structure';
import { randomUniform, setBackend, type Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { startBackends } from './backends.js';
import { medianRatio, type Task, timeInterleaved } from './interleaved.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { networks } from './networks.js';
import type { Row } from './row.js';

/** What is shrunk, and where the two models are timed. */
interface Case {
  readonly model: string;
  readonly build: () => LayersModel | Promise<LayersModel>;
  readonly options: PlanOptions;
  readonly runs: readonly Run[];
}

interface Run {
  readonly backend: 'wasm' | 'cpu';
  /** The examples of a prediction. */
  readonly batch: number;
  readonly rounds: number;
  /** Predictions in a round, so that it takes some milliseconds. */
  readonly times: number;
}

const half: PlanOptions = { target: { macs: 0.5 }, criterion: l1() };

const cases: readonly Case[] = [
  {
    model: 'mobilenet-v2',
    build: mobilenetV2,
    options: { target: { channels: 0.7 }, roundTo: 8, criterion: l1(), scope: 'model' },
    runs: [
      { backend: 'wasm', batch: 1, rounds: 41, times: 1 },
      { backend: 'wasm', batch: 8, rounds: 9, times: 1 },
      { backend: 'cpu', batch: 1, rounds: 3, times: 1 },
    ],
  },
  {
    model: 'lenet-5',
    build: networks['lenet-5'].build,
    options: half,
    runs: [
      { backend: 'wasm', batch: 1, rounds: 25, times: 10 },
      { backend: 'wasm', batch: 32, rounds: 25, times: 1 },
      { backend: 'cpu', batch: 1, rounds: 15, times: 1 },
    ],
  },
];

/**
 * Models without 30 % of their channels or half of their multiply-adds, against the whole ones. `ratioMacs` and
 * `ratioLatency` are dense over shrunk; `maxRelError` is that of the shrunk model's outputs against those of the dense one
 * with the same channels at zero; `groupsMs` is the time to find which channels go together.
 */
export async function shrink(): Promise<Row[]> {
  await startBackends();
  const rows: Row[] = [];
  for (const { model: name, build, options, runs } of cases) {
    await setBackend('wasm');
    const dense = await build();
    const started = performance.now();
    channelGroups(dense);
    const groupsMs = performance.now() - started;
    const plan = await planStructure(dense, options);
    const keptMacs = plan.after.macs / plan.before.macs;
    for (const run of runs) {
      const { backend, batch } = run;
      console.error(`shrink: ${name}, batch ${batch}, on ${backend}`);
      await setBackend(backend);
      const { model: shrunk, report } = await shrinkModel(dense, { plan });
      rows.push({
        model: name,
        backend,
        batch,
        keptChannels: channelsOf(shrunk) / channelsOf(dense),
        keptMacs,
        ratioMacs: 1 / keptMacs,
        ratioLatency: await latencyRatio(dense, shrunk, run),
        maxRelError: report.maxRelError,
        groupsMs,
      });
      shrunk.dispose();
    }
    dense.dispose();
  }
  return rows;
}

/** How many channels can be removed. */
function channelsOf(model: LayersModel): number {
  return channelGroups(model).groups.reduce((sum, { prunable }) => sum + prunable.length, 0);
}

/** The time of a prediction by the dense model over that by the shrunk one. */
async function latencyRatio(
  dense: LayersModel,
  shrunk: LayersModel,
  { batch, rounds, times }: Run,
): Promise<number> {
  const shape = dense.inputs[0]?.shape.slice(1) as number[];
  const examples = randomUniform([batch, ...shape], 0, 1, 'float32', 1);
  const predictions = (model: LayersModel): Task => {
    return async () => {
      for (let time = 0; time < times; time += 1) {
        const output = model.predictOnBatch(examples) as Tensor;
        await output.data();
        output.dispose();
      }
    };
  };
  const taken = await timeInterleaved({ dense: predictions(dense), shrunk: predictions(shrunk) }, rounds);
  examples.dispose();
  return medianRatio(taken.dense, taken.shrunk);
}
