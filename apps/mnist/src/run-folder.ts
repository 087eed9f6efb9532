import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeAtomically } from './write-atomically.js';

/** What decides the result of a run: a stopped run only goes on with the same. */
export type RunSettings = Readonly<Record<string, unknown>>;

interface RunFile {
  readonly settings: RunSettings;
  readonly finished: boolean;
}

/**
 * Prepares the folder of a run, and says whether a stopped run with the same settings goes on in it. An earlier run of
 * another kind, or one that is finished, makes room.
 *
 * @throws Error when the folder holds something else, or its run.json is damaged.
 */
export async function beginRun(folder: string, settings: RunSettings): Promise<{ goesOn: boolean }> {
  await mkdir(folder, { recursive: true });
  const earlier = await readRunFile(folder);
  if (earlier !== undefined && !earlier.finished && isDeepStrictEqual(earlier.settings, settings))
    return { goesOn: true };
  const entries = await readdir(folder);
  if (earlier === undefined && entries.length > 0) {
    throw new Error(`${folder} is neither empty nor the folder of an earlier run; name another by --output`);
  }
  for (const entry of entries.filter((name) => name.startsWith('seed-')))
    await rm(join(folder, entry), { recursive: true });
  await writeRunFile(folder, { settings, finished: false });
  return { goesOn: false };
}

export function finishRun(folder: string, settings: RunSettings): Promise<void> {
  return writeRunFile(folder, { settings, finished: true });
}

function pathIn(folder: string): string {
  return join(folder, 'run.json');
}

async function readRunFile(folder: string): Promise<RunFile | undefined> {
  if (!existsSync(pathIn(folder))) return undefined;
  const text = await readFile(pathIn(folder), 'utf8');
  try {
    return JSON.parse(text) as RunFile;
  } catch (cause) {
    throw new Error(`${pathIn(folder)} is damaged; name another folder by --output`, { cause });
  }
}

function writeRunFile(folder: string, run: RunFile): Promise<void> {
  return writeAtomically(pathIn(folder), JSON.stringify(run));
}
