import Table from 'cli-table3';
import { compact, kilobytes, networkCell, percent, smaller } from './cells.js';
import type { Mean } from './means.js';
import type { MaskedRow } from './pipeline.js';

/** The rows as a table for people: each trained network, and below it what became of it. Sizes are of the `.h5` files. */
export function formatTable(rows: readonly MaskedRow[]): string {
  const table = new Table({
    ...compact,
    head: [
      'network',
      'pruning',
      'epochs',
      'accuracy %',
      'reloaded %',
      'sparsity by layer %',
      'kB',
      'gzip -9',
      'brotli',
      's',
    ],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'left', 'right', 'right', 'right', 'right'],
  });
  let above = '';
  for (const row of rows) {
    const network = networkCell(row);
    if (network !== above) table.push(denseCells(network, row));
    above = network;
    table.push(prunedCells(network, row));
  }
  return table.toString();
}

function denseCells(network: string, { epochs, accuracy, size, seconds }: MaskedRow): string[] {
  const { raw, gzip, brotli } = size.dense;
  const sizes = [raw, gzip, brotli].map(kilobytes);
  return [
    network,
    'none',
    String(epochs.dense),
    percent(accuracy.dense),
    '',
    '',
    ...sizes,
    seconds.dense.toFixed(0),
  ];
}

function prunedCells(network: string, row: MaskedRow): string[] {
  const { recipe, epochs, accuracy, sparsity, size, seconds } = row;
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
    seconds.pruned.toFixed(0),
  ];
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
