import { expect, it } from 'vitest';
import type { TimedMaskedRow } from './latencies.js';
import { means } from './means.js';
import { formatMeans, formatTable, notes } from './table.js';

const row = (seed: number, reloaded: number, sparse = reloaded): TimedMaskedRow => ({
  network: 'dense',
  recipe: '80 % polynomial',
  seed,
  epochs: { dense: 5, pruned: 2 },
  images: 60_000,
  accuracy: { dense: 0.975, pruned: reloaded, reloaded, sparse },
  sparsity: { dense_1: 0.8, dense_2: 0.7996 },
  size: {
    dense: { raw: 447_000, gzip: 400_000, brotli: 390_000 },
    pruned: { raw: 447_000, gzip: 100_000, brotli: 97_500 },
    bare: { raw: 180_000, gzip: 90_000, brotli: 85_000 },
  },
  files: { dense: 'a', pruned: 'b.h5', bare: 'b.wasm' },
  seconds: { dense: 25.4, pruned: 9.6 },
  latency: {
    dense: { tfjs: 120, sparse: 40, bare: 20 },
    pruned: { tfjs: 118.7, sparse: 24, bare: 4.8 },
  },
});

const cellsOf = (table: string) =>
  table
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) =>
      line
        .split('│')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

it('has a line for the network and a line for what became of it', () => {
  const [, dense, pruned] = cellsOf(formatTable([row(0, 0.981)]));
  const sizes = ['447.0', '400.0', '390.0', ''];
  expect(dense).toEqual([
    ...['dense', 'none', '5', '97.50', '', '', ...sizes],
    ...['120', '40 (3.0x)', '20 (6.0x)', '25'],
  ]);
  expect(pruned).toEqual([
    'dense',
    '80 % polynomial',
    '5 + 2',
    '98.10',
    '98.10',
    '80.0, 80.0',
    '447.0',
    '100.0 (4.00x)',
    '97.5 (4.00x)',
    '180.0',
    '119',
    '24 (5.0x)',
    '4.8 (25.0x)',
    '10',
  ]);
});

it('says how far the accuracy on sparse kernels is from that on tfjs', () => {
  expect(notes([row(0, 0.98, 0.98), row(1, 0.97, 0.9702), row(2, 0.98, 0.9799)])).toContain('to 0.02 %');
});

it('takes the mean over seeds', () => {
  const [, mean] = cellsOf(formatMeans(means([row(0, 0.98), row(1, 0.97), row(2, 0.99)])));
  expect(mean).toEqual(['dense', '80 % polynomial', 'mean of 3', '97.50', '98.00', '4.00x smaller']);
});
