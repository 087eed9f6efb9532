import Table from 'cli-table3';
import { compact, kilobytes, networkCell, percent, smaller } from './cells.js';
import type { TimedRow } from './speed-ups.js';

const columns = {
  network: 'left',
  widths: 'left',
  'MACs %': 'right',
  parameters: 'right',
  epochs: 'right',
  'accuracy %': 'right',
  'reloaded %': 'right',
  kB: 'right',
  'gzip -9': 'right',
  cpu: 'right',
  wasm: 'right',
  webgl: 'right',
  s: 'right',
} as const;

/**
 * The rows as a table for people: each trained network, and below it what is left of it after each round. Sizes are of the
 * `.h5` files; under a backend is how many times faster it predicts.
 */
export function formatShrunkTable(rows: readonly TimedRow[]): string {
  const table = new Table({ ...compact, head: Object.keys(columns), colAligns: Object.values(columns) });
  let above = '';
  for (const row of rows) {
    const network = networkCell(row);
    if (network !== above) table.push(denseCells(network, row));
    above = network;
    table.push(shrunkCells(network, row));
  }
  return table.toString();
}

function denseCells(network: string, row: TimedRow): string[] {
  const { widths, parameters, epochs, accuracy, size, seconds } = row;
  return [
    network,
    widths.dense.join('-'),
    '100.0',
    String(parameters.dense),
    String(epochs.dense),
    percent(accuracy.dense),
    '',
    kilobytes(size.dense.raw),
    kilobytes(size.dense.gzip),
    '',
    '',
    '',
    seconds.dense.toFixed(0),
  ];
}

function shrunkCells(network: string, row: TimedRow): string[] {
  const { widths, macs, parameters, epochs, accuracy, size, speedUp, seconds } = row;
  return [
    network,
    widths.shrunk.join('-'),
    ((100 * macs.shrunk) / macs.dense).toFixed(1),
    String(parameters.shrunk),
    `${epochs.dense} + ${epochs.pruned}`,
    percent(accuracy.pruned),
    percent(accuracy.reloaded),
    smaller(size.dense.raw, size.pruned.raw),
    smaller(size.dense.gzip, size.pruned.gzip),
    ...[speedUp.cpu, speedUp.wasm, speedUp.webgl].map((times) =>
      times === null ? '-' : `${times.toFixed(2)}x`,
    ),
    seconds.pruned.toFixed(0),
  ];
}
