import { expect, it } from 'vitest';
import { means } from './means.js';
import type { MaskedRow } from './pipeline.js';
import { formatMeans, formatTable } from './table.js';

const row = (seed: number, reloaded: number): MaskedRow => ({
  network: 'dense',
  recipe: '80 % polynomial',
  seed,
  epochs: { dense: 5, pruned: 2 },
  images: 60_000,
  accuracy: { dense: 0.975, pruned: reloaded, reloaded },
  sparsity: { dense_1: 0.8, dense_2: 0.7996 },
  size: {
    dense: { raw: 447_000, gzip: 400_000, brotli: 390_000 },
    pruned: { raw: 447_000, gzip: 100_000, brotli: 97_500 },
  },
  seconds: { dense: 25.4, pruned: 9.6 },
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
  expect(dense).toEqual(['dense', 'none', '5', '97.50', '', '', '447.0', '400.0', '390.0', '25']);
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
    '10',
  ]);
});

it('takes the mean over seeds', () => {
  const [, mean] = cellsOf(formatMeans(means([row(0, 0.98), row(1, 0.97), row(2, 0.99)])));
  expect(mean).toEqual(['dense', '80 % polynomial', 'mean of 3', '97.50', '98.00', '4.00x smaller']);
});
