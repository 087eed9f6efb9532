import { readFile } from 'node:fs/promises';
import { loadH5 } from '@secateur/export/h5';
import { nodeFile } from '@secateur/export/node';
import { sparsify, toBare } from '@secateur/sparse';
import { loadBare } from '@secateur/sparse/bare';
import { randomUniform, type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { microseconds, type Task } from './latency.js';
import type { MaskedRow } from './pipeline.js';
import { release } from './training.js';

/** The microseconds that a network takes to predict one image, by what runs it. */
interface Latency {
  readonly tfjs: number;
  /** What `sparsify` makes of it. */
  readonly sparse: number;
  /** What `toBare` makes of it. */
  readonly bare: number;
}

/** A row with the latencies of the network before and after pruning. */
export interface TimedMaskedRow extends MaskedRow {
  readonly latency: { readonly dense: Latency; readonly pruned: Latency };
}

/** Times the saved networks on the current backend, which must compute while it is called, as wasm does. */
export async function withLatencies(rows: readonly MaskedRow[]): Promise<TimedMaskedRow[]> {
  const timed: TimedMaskedRow[] = [];
  for (const row of rows) {
    const dense = await loadLayersModel(nodeFile(row.files.dense));
    const pruned = await loadH5(row.files.pruned);
    const before = await prepare(dense, await toBare(dense));
    const after = await prepare(pruned, await readFile(row.files.bare));
    timed.push({ ...row, latency: latencies(before.tasks, after.tasks) });
    for (const { dispose } of [before, after]) dispose();
    for (const model of [dense, pruned]) release(model);
  }
  return timed;
}

type Tasks = Readonly<Record<keyof Latency, Task>>;

/** All of a row in one measurement. */
function latencies(dense: Tasks, pruned: Tasks): TimedMaskedRow['latency'] {
  const times = microseconds({
    dense: dense.tfjs,
    pruned: pruned.tfjs,
    denseSparse: dense.sparse,
    sparse: pruned.sparse,
    denseBare: dense.bare,
    bare: pruned.bare,
  });
  return {
    dense: { tfjs: times.dense, sparse: times.denseSparse, bare: times.denseBare },
    pruned: { tfjs: times.pruned, sparse: times.sparse, bare: times.bare },
  };
}

async function prepare(
  model: LayersModel,
  file: BufferSource,
): Promise<{ tasks: Tasks; dispose: () => void }> {
  const image = randomUniform([1, 784], 0, 1, 'float32', 1);
  const values = await image.data<'float32'>();
  const sparse = await sparsify(model);
  const bare = await loadBare(file);
  const scores = new Float32Array(10);
  return {
    tasks: {
      tfjs: () => (model.predict(image) as Tensor).dispose(),
      sparse: () => (sparse.predict(image) as Tensor).dispose(),
      bare: () => {
        bare.run(values, scores);
      },
    },
    dispose: () => {
      for (const held of [image, sparse, bare]) held.dispose();
    },
  };
}
