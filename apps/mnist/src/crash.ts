import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { loadH5 } from '@secateur/export/h5';
import { nodeFile } from '@secateur/export/node';
import { PruneLowMagnitude } from '@secateur/layers';
import { loadBare } from '@secateur/sparse/bare';
import { serialization } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { program } from 'commander';
import seedrandom from 'seedrandom';
import { startBackend } from './backend.js';
import { release } from './training.js';

/**
 * Kills the training app at random moments. After each kill every file has to open, and the run goes on from its last
 * checkpoint; in the end the weights of every file have to be those of a run that nobody stopped.
 */
const { kills, seed, structure } = program
  .name('npm run crash --')
  .option('--kills <count>', 'how often', Number, 20)
  .option('--seed <number>', 'seed of the moments', Number, 0)
  .option('--structure', 'let the app remove neurons', false)
  .parse()
  .opts<{ kills: number; seed: number; structure: boolean }>();

serialization.registerClass(PruneLowMagnitude);
await startBackend();
const folder = await mkdtemp(join(tmpdir(), 'secateur-crash-'));
const [calm, stormy] = [join(folder, 'calm'), join(folder, 'stormy')];

const started = performance.now();
await finished(trainIn(calm));
const duration = performance.now() - started;
const expected = await digests(calm);
console.log(
  `A run that nobody stops takes ${(duration / 1000).toFixed(1)} s and writes ${expected.size} models.`,
);

const random = seedrandom(String(seed));
let failed = 0;
for (let kill = 1; kill <= kills; ) {
  const child = trainIn(stormy);
  const moment = random() * duration;
  const outcome = await Promise.race([finished(child), sleep(moment, 'running' as const)]);
  if (outcome === 'finished') {
    failed += Number(!check('a stopped run that was finished', await digests(stormy)));
    await rm(stormy, { recursive: true });
    continue;
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  const opened = await digests(stormy).catch((error: unknown) => String(error));
  const ok = typeof opened !== 'string';
  console.log(
    `kill ${kill} after ${(moment / 1000).toFixed(2)} s: ${ok ? `${opened.size} models, all open` : opened}`,
  );
  failed += Number(!ok);
  kill += 1;
}
await finished(trainIn(stormy));
failed += Number(!check('the run after the last kill', await digests(stormy)));
await rm(folder, { recursive: true });
console.log(`${kills + 1 - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function trainIn(output: string): ChildProcess {
  const main = fileURLToPath(new URL('main.js', import.meta.url));
  const args = [main, '--network', 'dense', '--images', '1000', '--output', output];
  if (structure) args.push('--structure');
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function finished(child: ChildProcess): Promise<'finished'> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (code !== 0 && signal === null) throw new Error(`The training app ended with code ${code}`);
  return 'finished';
}

function check(what: string, found: ReadonlyMap<string, string>): boolean {
  const same = isDeepStrictEqual(found, expected);
  console.log(
    `${what}: ${same ? 'the same weights in every file' : 'OTHER weights than the run that nobody stopped'}`,
  );
  return same;
}

/** A digest of the weights of each model in a folder, by the model's path. Throws when a file doesn't open. */
async function digests(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const { name, parentPath } of entries.sort((a, b) =>
    a.parentPath + a.name < b.parentPath + b.name ? -1 : 1,
  )) {
    const path = join(parentPath, name);
    if (name === 'run.json') JSON.parse(await readFile(path, 'utf8'));
    const digest = digestFor(name);
    if (digest !== undefined) found.set(path.slice(root.length), await digest(path));
  }
  return found;
}

function digestFor(name: string): ((path: string) => Promise<string>) | undefined {
  if (name === 'model.json') return async (path) => digestOf(await loadLayersModel(nodeFile(path)));
  if (name.endsWith('.h5')) return async (path) => digestOf(await loadH5(path));
  return name.endsWith('.wasm') ? digestOfBare : undefined;
}

async function digestOf(model: LayersModel): Promise<string> {
  const hash = createHash('sha256');
  for (const weight of model.weights) hash.update(await weight.read().data());
  release(model);
  return hash.digest('hex');
}

async function digestOfBare(path: string): Promise<string> {
  const file = await readFile(path);
  (await loadBare(file)).dispose();
  return createHash('sha256').update(file).digest('hex');
}
