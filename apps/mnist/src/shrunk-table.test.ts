import { expect, it } from 'vitest';
import { formatShrunkTable } from './shrunk-table.js';
import type { TimedRow } from './speed-ups.js';

const row = (seed: number): TimedRow => ({
  network: 'dense',
  recipe: '50 % of the MACs',
  seed,
  epochs: { dense: 5, pruned: 4 },
  images: 60_000,
  accuracy: { dense: 0.975, pruned: 0.981, reloaded: 0.9809 },
  widths: { dense: [128, 64, 10], shrunk: [64, 32, 10] },
  parameters: { dense: 109_386, shrunk: 52_650 },
  macs: { dense: 109_184, shrunk: 52_544 },
  size: {
    dense: { raw: 447_000, gzip: 400_000, brotli: 390_000 },
    pruned: { raw: 223_500, gzip: 160_000, brotli: 150_000 },
  },
  folders: { dense: 'a', shrunk: 'b' },
  seconds: { dense: 25.4, pruned: 9.6 },
  speedUp: { cpu: 2.125, wasm: 1.5, webgl: null },
});

it('has a line for the network and a line for what is left of it, for each seed', () => {
  const lines = formatShrunkTable([row(0), row(1)])
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) =>
      line
        .split('│')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const dense = ['128-64-10', '100.0', '109386', '5', '97.50', '', '447.0', '400.0', '', '', '', '25'];
  const shrunk = ['64-32-10', '48.1', '52650', '5 + 4', '98.10', '98.09'];
  const measured = ['223.5 (2.00x)', '160.0 (2.50x)', '2.13x', '1.50x', '-', '10'];
  expect(lines.slice(1)).toEqual([
    ['dense', ...dense],
    ['dense', ...shrunk, ...measured],
    ['dense (1)', ...dense],
    ['dense (1)', ...shrunk, ...measured],
  ]);
});
