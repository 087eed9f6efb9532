import { keepCount, selectLargest } from '@secateur/masks';
import {
  abs,
  dispose,
  greaterEqual,
  randomNormal,
  setBackend,
  slice,
  tensor1d,
  tidy,
  topk,
} from '@tensorflow/tfjs-core';
import { median } from 'd3-array';
import quickselect from 'quickselect';
import { startBackends } from './backends.js';
import { medianRatio, type Task, timeInterleaved } from './interleaved.js';
import type { Row } from './row.js';

const cases = [
  { n: 1_000_000, sparsity: 0.5, rounds: 9 },
  { n: 1_000_000, sparsity: 0.8, rounds: 9 },
  { n: 1_000_000, sparsity: 0.9, rounds: 9 },
  { n: 1_000_000, sparsity: 0.98, rounds: 9 },
  { n: 25_000_000, sparsity: 0.9, rounds: 3 },
] as const;

/**
 * The exact mask of the largest magnitudes. `ratio` is a peer's time over ours, `nsPerWeight` our nanoseconds a weight,
 * taken in the same run. All begin with the weights and end with a mask; ours is bit-packed, the peers' have a byte each.
 */
export async function masks(): Promise<Row[]> {
  await startBackends();
  const rows: Row[] = [];
  for (const { n, sparsity, rounds } of cases) {
    console.error(`masks: ${n} weights at ${sparsity}`);
    const { tasks, release } = await tasksFor(n, keepCount(n, sparsity));
    const times = await timeInterleaved(tasks, rounds);
    const nsPerWeight = ((median(times.ours) as number) * 1e6) / n;
    for (const peer of ['sort', 'quickselect', 'topk-cpu', 'topk-wasm'] as const) {
      rows.push({ n, sparsity, peer, ratio: medianRatio(times[peer], times.ours), nsPerWeight });
    }
    release();
  }
  return rows;
}

type Name = 'ours' | 'sort' | 'quickselect' | 'topk-cpu' | 'topk-wasm';

async function tasksFor(
  n: number,
  keep: number,
): Promise<{ tasks: Record<Name, Task>; release: () => void }> {
  const random = tidy(() => randomNormal([n], 0, 1, 'float32', 1));
  const weights = await random.data<'float32'>();
  random.dispose();
  const onBackend = async (backend: string) => {
    await setBackend(backend);
    return tensor1d(weights);
  };
  const onCpu = await onBackend('cpu');
  const onWasm = await onBackend('wasm');
  return {
    tasks: {
      ours: () => {
        selectLargest([weights], keep);
      },
      sort: () => {
        const magnitudes = weights.map(Math.abs).sort();
        maskFrom(weights, magnitudes[n - keep] as number);
      },
      quickselect: () => {
        const magnitudes = weights.map(Math.abs);
        quickselect(magnitudes as unknown as number[], n - keep);
        maskFrom(weights, magnitudes[n - keep] as number);
      },
      'topk-cpu': () => topkMask('cpu', onCpu, keep),
      'topk-wasm': () => topkMask('wasm', onWasm, keep),
    },
    release: () => dispose([onCpu, onWasm]),
  };
}

function maskFrom(weights: Float32Array, threshold: number): Uint8Array {
  const mask = new Uint8Array(weights.length);
  for (let i = 0; i < mask.length; i += 1) mask[i] = Number(Math.abs(weights[i] as number) >= threshold);
  return mask;
}

async function topkMask(backend: string, weights: ReturnType<typeof tensor1d>, keep: number): Promise<void> {
  await setBackend(backend);
  const mask = tidy(() => {
    const magnitudes = abs(weights);
    const { values } = topk(magnitudes, keep, true);
    return greaterEqual(magnitudes, slice(values, [keep - 1], [1]));
  });
  await mask.data();
  mask.dispose();
}
