import { InvalidArgumentError, Option, program } from 'commander';
import { startBackend } from './backend.js';
import { full, short } from './budget.js';
import { loadMnist } from './dataset.js';
import { withLatencies } from './latencies.js';
import { means } from './means.js';
import { networks } from './networks.js';
import { byMasks, byStructure } from './prunings.js';
import type { Row } from './row.js';
import { type Plan, runAll } from './run.js';
import { beginRun, finishRun } from './run-folder.js';
import { formatShrunkTable } from './shrunk-table.js';
import { timeAll } from './speed-ups.js';
import { formatMeans, formatTable, notes } from './table.js';

interface Options {
  readonly structure: boolean;
  readonly full: boolean;
  readonly seeds: readonly number[];
  readonly network?: string;
  readonly images: number;
  readonly output: string;
  readonly json: boolean;
}

const { output, json, ...settings } = program
  .name('npm start --')
  .description(
    'Trains networks on MNIST, prunes, strips, saves and loads them. A run that was stopped goes on where it was.',
  )
  .option('--structure', 'remove neurons and filters in rounds, and time what is left', false)
  .option('--full', 'give every row 5 + 5 epochs, or every round 5', false)
  .option('--seeds <list>', 'seeds, separated by commas', parseSeeds, [0])
  .addOption(new Option('--network <name>', 'only this network').choices(networks.map(({ name }) => name)))
  .option('--images <count>', 'train on the first so many images', parseCount, 60_000)
  .option('--output <folder>', 'where models and checkpoints go', 'output')
  .option('--json', 'print the rows as JSON', false)
  .parse()
  .opts<Options>();

const { goesOn } = await beginRun(output, settings);
if (goesOn) console.error('Going on with the run that was stopped.');

const stopTraining = await startBackend();
const [train, test] = await Promise.all([loadMnist('train', settings.images), loadMnist('t10k')]);
const place = { folder: output, train, test };
const plan: Plan = {
  networks: networks.filter(({ name }) => settings.network === undefined || settings.network === name),
  seeds: settings.seeds,
  budget: settings.full ? full : short,
};
if (settings.structure) {
  const { rows, renderer } = await timeAll(await runAll(plan, byStructure, place));
  show(rows, formatShrunkTable(rows), { renderer });
  if (!json && renderer !== null) console.log(`webgl: ${renderer}`);
} else {
  const pruned = await runAll(plan, byMasks, place);
  stopTraining(); // the latency of tfjs is that of its own kernels
  const rows = await withLatencies(pruned);
  show(rows, `${formatTable(rows)}\n${notes(rows)}`);
}
await finishRun(output, settings);

function show(rows: readonly Row[], table: string, more: object = {}): void {
  if (json) console.log(JSON.stringify({ rows, means: means(rows), ...more }, null, 2));
  else {
    console.log(table);
    if (settings.seeds.length > 1) console.log(formatMeans(means(rows)));
  }
}

function parseSeeds(list: string): number[] {
  const seeds = list.split(',').map(Number);
  if (!seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)) {
    throw new InvalidArgumentError('Integers of at least 0, such as 0,1,2.');
  }
  return seeds;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 60_000)
    throw new InvalidArgumentError('From 1 to 60000.');
  return count;
}
