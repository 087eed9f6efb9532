import { mkdir, readdir, readFile, realpath, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  hasCode,
  isRunning,
  removeLeftovers,
  syncFolder,
  withSaveToken,
  writeFileAtomic,
} from './atomic-file.js';
import { isObject } from './json.js';
import type { Shard } from './shards.js';

/** A JSON file larger than this is not looked through for shards in use. */
const maxJsonBytes = 256 * 2 ** 20;

/** The last save of each model of this process: they queue up. */
const queues = new Map<string, Promise<void>>();

/**
 * Puts a model's files in place so that its JSON file always names shards that are there, whole, whenever the process
 * is killed:
 *
 * 1. a journal lists the shards to come and those that the present JSON file names;
 * 2. the new shards are written, each atomically; their names differ from the old ones unless their content is the same;
 * 3. the JSON file is replaced: this is the moment when the new model takes the old one's place;
 * 4. the listed shards that no JSON file of the folder names are removed, and then the journal.
 *
 * A save that was killed leaves its journal, and the next save does step 4 for it.
 */
export async function replaceModel(
  jsonPath: string,
  json: Uint8Array,
  shards: readonly Shard[],
): Promise<void> {
  const path = resolve(jsonPath);
  const previous = queues.get(path) ?? Promise.resolve();
  const save = previous.then(() => withSaveToken((token) => replace(path, json, shards, token)));
  const settled = save.catch(() => undefined);
  queues.set(path, settled);
  try {
    await save;
  } finally {
    if (queues.get(path) === settled) queues.delete(path);
  }
}

async function replace(
  wantedPath: string,
  json: Uint8Array,
  shards: readonly Shard[],
  token: string,
): Promise<void> {
  await mkdir(dirname(wantedPath), { recursive: true });
  const folder = await realpath(dirname(wantedPath));
  const name = basename(wantedPath);
  const path = join(folder, name);
  await settleKilledSaves(folder, name);

  const present = (await shardsNamedBy(path)) ?? [];
  const journal = join(folder, `.${name}.${token}.journal`);
  const listed = [...new Set([...shards.map((shard) => shard.name), ...present])].filter(isShardName);
  await writeFileAtomic(journal, [new TextEncoder().encode(JSON.stringify(listed))], token);
  try {
    for (const shard of shards) await writeFileAtomic(join(folder, shard.name), shard.parts, token);
    await syncFolder(folder);
    await writeFileAtomic(path, [json], token);
    await syncFolder(folder);
  } finally {
    await settle(folder, journal, listed);
  }
}

/** Step 4 for the saves of this model that were killed, and their temporary files. */
async function settleKilledSaves(folder: string, name: string): Promise<void> {
  await removeLeftovers(
    folder,
    (target) => target === name || isShardName(target) || target.endsWith('.journal'),
  );
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`.${name}.`) || !entry.endsWith('.journal')) continue;
    const token = entry.slice(name.length + 2, -'.journal'.length);
    if (!/^\d+-[0-9a-f]{12}$/.test(token) || isRunning(token)) continue;
    const journal = join(folder, entry);
    await settle(folder, journal, namesIn(await readFile(journal, 'utf8')));
  }
}

function namesIn(journal: string): string[] {
  try {
    const names: unknown = JSON.parse(journal);
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string' && isShardName(name)) : [];
  } catch {
    return [];
  }
}

async function settle(folder: string, journal: string, listed: readonly string[]): Promise<void> {
  const used = await shardsInUse(folder);
  if (used !== undefined) {
    for (const shard of listed) if (!used.has(shard)) await removeFile(join(folder, shard));
  }
  await removeFile(journal);
}

/** Removes a file, if it can be: what stays behind does no harm. */
async function removeFile(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}

/** The shards that the JSON files of a folder name; undefined when one of them could not be looked through. */
async function shardsInUse(folder: string): Promise<Set<string> | undefined> {
  const used = new Set<string>();
  for (const entry of await readdir(folder)) {
    if (!entry.endsWith('.json') || entry.startsWith('.')) continue;
    const named = await shardsNamedBy(join(folder, entry));
    if (named === undefined) return undefined;
    for (const shard of named) used.add(shard);
  }
  return used;
}

/** The paths in a model's JSON file: none if it isn't a model; undefined if it can't be read. */
async function shardsNamedBy(jsonPath: string): Promise<string[] | undefined> {
  let text: string;
  try {
    const { size } = await stat(jsonPath);
    if (size > maxJsonBytes) return undefined;
    text = await readFile(jsonPath, 'utf8');
  } catch (error) {
    return hasCode(error, 'ENOENT', 'EISDIR') ? [] : undefined;
  }
  try {
    const model: unknown = JSON.parse(text);
    const manifest = isObject(model) && Array.isArray(model.weightsManifest) ? model.weightsManifest : [];
    return manifest
      .flatMap((group: unknown): unknown[] =>
        isObject(group) && Array.isArray(group.paths) ? group.paths : [],
      )
      .filter((path) => typeof path === 'string');
  } catch {
    return [];
  }
}

/** Only such files are ever removed, whatever a JSON file or a journal names: `*.bin` directly in the folder. */
function isShardName(name: string): boolean {
  return /^[^./\\:][^/\\:]*\.bin$/.test(name);
}
