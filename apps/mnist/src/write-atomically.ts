import { rename, writeFile } from 'node:fs/promises';

/** Writes a file so that a process that is killed leaves the old one or the new one, whole. */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}
