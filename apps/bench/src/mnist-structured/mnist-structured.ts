import { join } from 'node:path';
import { startBackend } from '@secateur-app/mnist/backend';
import { beginRun } from '@secateur-app/mnist/run-folder';
import { transpose } from 'd3-array';
import { networks } from '../networks.js';
import type { Row } from '../row.js';
import { drawCurve, type Point, trainDense } from './curve.js';
import { loadSets, type Sets, shaped } from './examples.js';
import { quick, type Recipe, recipes } from './recipe.js';
import { recordedRows } from './record.js';
import { rowsOf } from './rows.js';

/** What is to be run. */
export interface MnistStructuredOptions {
  /** Little training of one seed. */
  readonly quick?: boolean;
  /** Errors on 10,000 training images that are held out. */
  readonly heldOut?: boolean;
  /** Only this network. */
  readonly net?: string;
  /** The rows of the record, without a run. */
  readonly recorded?: boolean;
}

/**
 * LeNet-300-100 and LeNet-5 on MNIST: trained, and then neurons and filters are removed and the rest is trained on, again
 * and again. What is trained is kept in `.cache`, so that a stopped run goes on, and a finished one only evaluates.
 */
export async function mnistStructured(options: MnistStructuredOptions): Promise<Row[]> {
  if (options.recorded) return recordedRows();
  await startBackend();
  const run = runOf(options);
  const rows: Row[] = [];
  for (const recipe of recipes) {
    if (options.net !== undefined && options.net !== recipe.network) continue;
    rows.push(...(await runRecipe(run, options.quick ? quick(recipe) : recipe)));
  }
  return rows;
}

/** A run of recipes. */
interface Run {
  readonly folder: string;
  readonly seeds: readonly number[];
  readonly heldOut: boolean;
  /** How many images of the training set are used. */
  readonly images: number;
}

function runOf({ quick = false, heldOut = false }: MnistStructuredOptions): Run {
  const name = [quick ? 'quick' : 'full', ...(heldOut ? ['held-out'] : [])].join('-');
  const folder = join('.cache', 'mnist-structured', name);
  const seeds = quick ? [0] : [0, 1, 2];
  return { folder, seeds, heldOut, images: quick ? (heldOut ? 15_000 : 5_000) : 60_000 };
}

async function runRecipe(run: Run, recipe: Recipe): Promise<Row[]> {
  const { network, dense, pruned, curves } = recipe;
  const folder = join(run.folder, network);
  const settings = { network, dense, images: run.images };
  await beginRun(join(folder, 'dense'), settings);
  for (const [name, curve] of Object.entries(curves))
    await beginRun(join(folder, name), { ...settings, pruned, curve });

  const sets = await setsFor(run, recipe);
  const seeds: { dense: Point; curves: Record<string, Point[]> }[] = [];
  for (const seed of run.seeds) {
    const placeIn = (name: string) => ({ folder: join(folder, name, `seed-${seed}`), seed, sets });
    const place = placeIn('dense');
    const point = await trainDense(recipe, place);
    const drawn: Record<string, Point[]> = {};
    for (const [name, curve] of Object.entries(curves)) {
      const from = { folder: place.folder, macs: point.macs };
      drawn[name] = await drawCurve(recipe, name, curve, from, placeIn(name));
    }
    seeds.push({ dense: point, curves: drawn });
  }
  for (const { images, labels } of Object.values(sets))
    for (const tensor of [images, labels]) tensor.dispose();

  return Object.keys(curves).flatMap((name) =>
    rowsOf(
      name,
      seeds.map((seed) => seed.dense),
      transpose(seeds.map((seed) => seed.curves[name] ?? [])),
    ),
  );
}

async function setsFor(run: Run, { network }: Recipe): Promise<Sets> {
  const { train, test } = await loadSets(run);
  const { inputShape } = networks[network];
  return { train: shaped(train, inputShape), test: shaped(test, inputShape) };
}
