import { registerWasmTraining } from '@secateur/wasm-train';
import { floor, train as optimizers, randomUniform, setBackend, type Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { startBackends } from './backends.js';
import { medianRatio, type Task, timeInterleaved } from './interleaved.js';
import { type NetworkName, networks } from './networks.js';
import type { Row } from './row.js';
import { startTensorFlow, type TensorFlow } from './tensorflow.js';

/** How often each is run: the cpu backend takes seconds for a step that wasm does in milliseconds. */
const plans: Readonly<Record<NetworkName, { stockTrains: boolean; steps: number; cpuRounds: number }>> = {
  tutorial: { stockTrains: true, steps: 10, cpuRounds: 3 },
  'lenet-300-100': { stockTrains: true, steps: 5, cpuRounds: 3 },
  guide: { stockTrains: false, steps: 3, cpuRounds: 3 },
  'lenet-5': { stockTrains: false, steps: 1, cpuRounds: 1 },
};
const rounds = 15;

/** What a benchmark of training steps is asked for. */
export interface TrainOptions {
  /** Measure TensorFlow as well. */
  readonly tensorflow?: boolean;
}

/**
 * A training step on wasm with our kernels (`trainOnBatch`, Adam, no metrics) against peers. `ratio` is a peer's time
 * over ours; for the peer `forward` it is our step over our forward pass.
 */
export async function train({ tensorflow: withTensorFlow = false }: TrainOptions): Promise<Row[]> {
  await startBackends();
  const tensorflow = withTensorFlow ? await startTensorFlow() : undefined;
  const rows: Row[] = [];
  try {
    for (const model of Object.keys(plans) as NetworkName[]) {
      for (const batch of [32, 128]) {
        console.error(`train: ${model}, batch ${batch}`);
        const ratios = { ...(await fastPeers(model, batch, tensorflow)), ...(await cpuPeer(model, batch)) };
        for (const [peer, ratio] of Object.entries(ratios)) rows.push({ model, batch, peer, ratio });
      }
    }
  } finally {
    await tensorflow?.stop();
  }
  return rows;
}

/** The peers that take milliseconds for a step, in one interleaved run. */
async function fastPeers(
  name: NetworkName,
  batch: number,
  tensorflow: TensorFlow | undefined,
): Promise<Record<string, number>> {
  const { stockTrains, steps } = plans[name];
  await setBackend('wasm');
  const ours = trainee(name, batch);
  const stock = trainee(name, batch);
  const undo = registerWasmTraining();
  const tasks: Record<string, Task> = {
    ours: () => ours.train(steps),
    forward: () => ours.predict(steps),
  };
  if (stockTrains) {
    tasks['tfjs-wasm'] = async () => {
      undo();
      await stock.train(steps);
      registerWasmTraining();
    };
  }
  if (tensorflow !== undefined) tasks.tensorflow = () => tensorflow.steps(name, batch, steps);
  const { ours: own = [], forward = [], ...peers } = await timeInterleaved(tasks, rounds);
  for (const { release } of [ours, stock]) release();
  undo();
  const ratios: Record<string, number> = { forward: medianRatio(own, forward) };
  for (const [peer, times] of Object.entries(peers)) ratios[peer] = medianRatio(times, own);
  return ratios;
}

/** The cpu backend, which trains everything: single steps of it among several of ours. */
async function cpuPeer(name: NetworkName, batch: number): Promise<Record<string, number>> {
  const { steps, cpuRounds } = plans[name];
  await setBackend('cpu');
  const cpu = trainee(name, batch);
  await setBackend('wasm');
  const ours = trainee(name, batch);
  const undo = registerWasmTraining();
  // The first steps on wasm are slower; the first on cpu is run and not counted like any first round.
  await ours.train(3 * steps);
  const times = await timeInterleaved(
    {
      ours: () => ours.train(steps),
      cpu: async () => {
        await setBackend('cpu');
        await cpu.train(1);
        await setBackend('wasm');
      },
    },
    cpuRounds,
  );
  for (const { release } of [ours, cpu]) release();
  undo();
  return { 'tfjs-cpu': steps * medianRatio(times.cpu, times.ours) };
}

/** A network and a batch of random data of MNIST's shape. */
interface Trainee {
  train(steps: number): Promise<void>;
  predict(times: number): Promise<void>;
  release(): void;
}

function trainee(name: NetworkName, batch: number): Trainee {
  const { inputShape, build } = networks[name];
  const model: LayersModel = build();
  const optimizer = optimizers.adam(1e-3);
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
  const images = randomUniform([batch, ...inputShape]);
  const labels = floor(randomUniform([batch, 1], 0, 10));
  return {
    async train(steps) {
      for (let step = 0; step < steps; step += 1) await model.trainOnBatch(images, labels);
    },
    async predict(times) {
      for (let time = 0; time < times; time += 1) {
        const output = model.predictOnBatch(images) as Tensor;
        await output.data();
        output.dispose();
      }
    },
    release() {
      model.dispose();
      optimizer.dispose();
      for (const tensor of [images, labels]) tensor.dispose();
    },
  };
}
