import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { beginRun, finishRun } from './run-folder.js';

const settings = { full: false, seeds: [0], images: 60_000 };

describe('the folder of a run', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'run-folder-'));
  });

  async function train(): Promise<void> {
    await mkdir(join(folder, 'seed-0'), { recursive: true });
  }

  it('goes on with a run that was stopped', async () => {
    expect(await beginRun(folder, settings)).toEqual({ goesOn: false });
    await train();
    expect(await beginRun(folder, settings)).toEqual({ goesOn: true });
    expect(await readdir(folder)).toContain('seed-0');
  });

  it.each([
    ['a run with other settings', async () => {}, { ...settings, seeds: [1] }],
    ['a run that is finished', (path: string) => finishRun(path, settings), settings],
  ])('makes room for %s', async (_, before, next) => {
    await beginRun(folder, settings);
    await train();
    await before(folder);
    expect(await beginRun(folder, next)).toEqual({ goesOn: false });
    expect(await readdir(folder)).toEqual(['run.json']);
  });

  it('refuses a folder with something else in it, and leaves that alone', async () => {
    await writeFile(join(folder, 'thesis.txt'), 'years of work');
    await expect(beginRun(folder, settings)).rejects.toThrow(
      'neither empty nor the folder of an earlier run',
    );
    expect(await readdir(folder)).toEqual(['thesis.txt']);
  });

  it('refuses a damaged run.json', async () => {
    await writeFile(join(folder, 'run.json'), '{"settings": ');
    await train();
    await expect(beginRun(folder, settings)).rejects.toThrow('run.json');
    expect(await readdir(folder)).toContain('seed-0');
  });
});
