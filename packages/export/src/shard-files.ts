import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, posix, sep, win32 } from 'node:path';
import { hasCode } from './atomic-file.js';
import { ExportError } from './export-error.js';

/** A file of weights that is there. */
export interface ShardFile {
  readonly path: string;
  readonly byteLength: number;
}

/** Thrown when a shard isn't there: perhaps a save has just removed it. */
export class MissingShard extends Error {}

/** Finds a shard that a model.json names. It must be a file in or below `folder`, and no link may lead out of it. */
export async function findShard(folder: string, name: string, jsonPath: string): Promise<ShardFile> {
  const refuse = (why: string): ExportError =>
    new ExportError(`${jsonPath}: the path '${name}' ${why}`, {
      file: jsonPath,
      option: 'paths',
      value: name,
    });
  if (name === '' || name.includes('\0')) throw refuse('is not a file name');
  if (/^[a-z][a-z0-9+.-]*:/i.test(name)) throw refuse('is a URL; weights must be files next to it');
  if (isAbsolute(name) || posix.isAbsolute(name) || win32.isAbsolute(name)) throw refuse('is absolute');
  if (name.split(/[/\\]/).includes('..')) throw refuse('leaves the folder');
  const path = join(folder, name);
  try {
    const real = await realpath(path);
    const root = await realpath(folder);
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep))
      throw refuse('is a link that leaves the folder');
    const found = await stat(real);
    if (!found.isFile()) throw refuse('is not a file');
    return { path: real, byteLength: found.size };
  } catch (error) {
    if (ExportError.isInstance(error)) throw error;
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) throw new MissingShard(name);
    throw refuse(`can't be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** Reads a whole file into `target`, which is as long as the file was found to be. */
export async function readInto(target: Uint8Array, { path, byteLength }: ShardFile): Promise<void> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw new MissingShard(basename(path));
    throw error;
  }
  try {
    let position = 0;
    while (position < byteLength) {
      const { bytesRead } = await file.read(target, position, byteLength - position, position);
      if (bytesRead === 0) {
        throw new ExportError(`${path} ends at byte ${position} of ${byteLength}`, { file: path });
      }
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}
