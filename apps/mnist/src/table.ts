import Table from 'cli-table3';
import { compact, faster, kilobytes, microseconds, networkCell, percent, smaller } from './cells.js';
import type { TimedMaskedRow } from './latencies.js';
import type { Mean } from './means.js';

const columns = {
  network: 'left',
  pruning: 'left',
  epochs: 'right',
  'accuracy %': 'right',
  'reloaded %': 'right',
  'sparsity by layer %': 'left',
  kB: 'right',
  'gzip -9': 'right',
  brotli: 'right',
  'bare kB': 'right',
  'tfjs µs': 'right',
  'sparse µs': 'right',
  'bare µs': 'right',
  s: 'right',
} as const;

/**
 * The rows as a table for people: each trained network, and below it what became of it. Sizes are of the `.h5` files and of
 * the bare model; under `µs` are the microseconds that one image takes.
 */
export function formatTable(rows: readonly TimedMaskedRow[]): string {
  const table = new Table({ ...compact, head: Object.keys(columns), colAligns: Object.values(columns) });
  let above = '';
  for (const row of rows) {
    const network = networkCell(row);
    if (network !== above) table.push(denseCells(network, row));
    above = network;
    table.push(prunedCells(network, row));
  }
  return table.toString();
}

function denseCells(network: string, { epochs, accuracy, size, latency, seconds }: TimedMaskedRow): string[] {
  const { raw, gzip, brotli } = size.dense;
  const sizes = [raw, gzip, brotli].map(kilobytes);
  const { tfjs, sparse, bare } = latency.dense;
  return [
    network,
    'none',
    String(epochs.dense),
    percent(accuracy.dense),
    '',
    '',
    ...sizes,
    '',
    microseconds(tfjs),
    faster(tfjs, sparse),
    faster(tfjs, bare),
    seconds.dense.toFixed(0),
  ];
}

function prunedCells(network: string, row: TimedMaskedRow): string[] {
  const { recipe, epochs, accuracy, sparsity, size, latency, seconds } = row;
  return [
    network,
    recipe,
    `${epochs.dense} + ${epochs.pruned}`,
    percent(accuracy.pruned),
    percent(accuracy.reloaded),
    Object.values(sparsity)
      .map((fraction) => (100 * fraction).toFixed(1))
      .join(', '),
    kilobytes(size.pruned.raw),
    smaller(size.dense.gzip, size.pruned.gzip),
    smaller(size.dense.brotli, size.pruned.brotli),
    kilobytes(size.bare.raw),
    microseconds(latency.pruned.tfjs),
    faster(latency.dense.tfjs, latency.pruned.sparse),
    faster(latency.dense.tfjs, latency.pruned.bare),
    seconds.pruned.toFixed(0),
  ];
}

/** What the table doesn't say of itself. */
export function notes(rows: readonly TimedMaskedRow[]): string {
  const apart = Math.max(...rows.map(({ accuracy }) => Math.abs(accuracy.sparse - accuracy.reloaded)));
  return [
    'µs: microseconds to predict one image, and how many times less than the trained network takes on tfjs.',
    `sparse: what sparsify of @secateur/sparse makes of the network; its accuracy is that of tfjs, to ${percent(apart)} %.`,
    'bare: a program of its own, pruned_model.wasm, which runs without TensorFlow.js.',
  ].join('\n');
}

/** The means over seeds as a table for people. */
export function formatMeans(means: readonly Mean[]): string {
  const table = new Table({
    ...compact,
    head: ['network', 'pruning', 'seeds', 'dense %', 'reloaded %', 'gzip -9'],
  });
  for (const { network, recipe, seeds, accuracy, timesSmaller } of means) {
    const { dense, reloaded } = accuracy;
    const cells = [percent(dense), percent(reloaded), `${timesSmaller.toFixed(2)}x smaller`];
    table.push([network, recipe, `mean of ${seeds}`, ...cells]);
  }
  return table.toString();
}
