import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/*
 * Why not write-file-atomic or atomically: both hand the whole buffer to one fs.write and ignore how many bytes it took,
 * so a full disk can put a short file in place; and neither knows the temporary files of a killed run again.
 */

const temporaryName = /^\.(.+)\.(\d+-[0-9a-f]{12})\.tmp$/;

/** The saves of this process that are under way. */
const running = new Set<string>();

/** Runs `save` with a token of its own, by which {@link isRunning} knows it. */
export async function withSaveToken<T>(save: (token: string) => Promise<T>): Promise<T> {
  const token = `${process.pid}-${randomBytes(6).toString('hex')}`;
  running.add(token);
  try {
    return await save(token);
  } finally {
    running.delete(token);
  }
}

/** Whether the save with this token may still be under way, here or in another process of this machine. */
export function isRunning(token: string): boolean {
  const pid = Number.parseInt(token, 10);
  if (pid === process.pid) return running.has(token);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

/**
 * Writes a file so that its name holds the old content or the new, whole, whenever the process is killed or the machine
 * stops: to a temporary name in the same folder, flushed to the disk, then renamed over the old file. `parts` follow
 * each other in the file.
 */
export async function writeFileAtomic(
  path: string,
  parts: readonly Uint8Array[],
  token: string,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${token}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Flushes a folder's entries, so that the renames in it are on the disk. Systems that can't open a folder skip it. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!hasCode(error, 'EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP')) throw error;
  }
}

/** Removes the temporary files that killed processes left in `folder` for files whose name passes `belongs`. */
export async function removeLeftovers(folder: string, belongs: (name: string) => boolean): Promise<void> {
  for (const entry of await readdir(folder)) {
    const [, name, token] = temporaryName.exec(entry) ?? [];
    if (name === undefined || token === undefined || !belongs(name) || isRunning(token)) continue;
    await rm(join(folder, entry), { force: true });
  }
}

/** Whether `error` carries one of these system error codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
