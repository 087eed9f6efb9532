import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { build } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeFile } from './node-file.js';

const size = 600_000;
const shardBytes = 100_000;

let script: string;
beforeAll(async () => {
  // The child is plain Node: the handler in one file, beside the installed packages.
  const source = fileURLToPath(new URL('./node-file.ts', import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), 'secateur-kill-'));
  await build({
    input: source,
    platform: 'node',
    external: /^@tensorflow/,
    output: { file: join(folder, 'handler.mjs') },
    logLevel: 'silent',
  });
  const core = pathToFileURL(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core')).href;
  const bundled = join(folder, 'handler.mjs');
  await writeFile(
    bundled,
    (await readFile(bundled, 'utf8')).replaceAll('"@tensorflow/tfjs-core"', JSON.stringify(core)),
  );
  script = join(folder, 'child.mjs');
  await writeFile(
    script,
    `import { nodeFile } from './handler.mjs';
     const handler = nodeFile(process.argv[2], { shardBytes: ${shardBytes} });
     process.stdout.write('ready\\n');
     for (let version = 1; ; version = (version % 250) + 1) {
       const data = new Uint8Array(${size}).fill(version);
       for (let s = 0; s < data.length; s += ${shardBytes}) data[s] = s / ${shardBytes};
       await handler.save({
         modelTopology: { version },
         weightSpecs: [{ name: 'w', shape: [${size}], dtype: 'bool' }],
         weightData: data.buffer,
       });
       process.stdout.write('saved ' + version + '\\n');
     }`,
  );
});

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => child.once('exit', () => resolve()));

describe('a save that is killed', () => {
  it('at 12 moments always leaves one whole model, never older than the last that was done', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'secateur-kill-')), 'model');
    let leftBehind = 0;
    for (let round = 0; round < 12; round += 1) {
      const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.on('data', (text: Buffer) => {
        said += text.toString();
      });
      while (!said.includes('saved')) await sleep(5);
      await sleep(((round * 7919) % 97) / 2);
      child.kill('SIGKILL');
      await ended(child);
      const done = Number([...said.matchAll(/saved (\d+)\n/g)].at(-1)?.[1]);

      const { modelTopology, weightData } = await nodeFile(folder).load();
      const { version } = modelTopology as { version: number };
      expect([done, (done % 250) + 1]).toContain(version);
      const bytes = new Uint8Array(weightData as ArrayBuffer);
      for (let s = 0; s < size / shardBytes; s += 1) {
        const shard = bytes.subarray(s * shardBytes, (s + 1) * shardBytes);
        expect(shard[0]).toBe(s);
        expect(shard.subarray(1).every((byte) => byte === version)).toBe(true);
      }
      if ((await readdir(folder)).length > 1 + size / shardBytes) leftBehind += 1;
    }
    // Otherwise the kills all fell between two saves, and proved nothing.
    expect(leftBehind).toBeGreaterThan(0);

    await sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] }).save(nodeFile(folder));
    expect((await readdir(folder)).map((name) => name.replace(/\.[0-9a-f]{16}/, '')).sort()).toEqual([
      'group1-shard1of1.bin',
      'model.json',
    ]);
  });

  it('leaves files that the next save removes; those of a running process and of others stay', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'secateur-kill-'));
    const dead = spawn(process.execPath, ['-e', '']);
    await ended(dead);
    const token = (pid: number | undefined, letter: string): string => `${pid}-${letter.repeat(12)}`;
    const old = 'group1-shard1of1.00000000000000aa.bin';
    const gone = [
      `.model.json.${token(dead.pid, 'a')}.tmp`,
      `.${old}.${token(dead.pid, 'b')}.tmp`,
      `.model.json.${token(dead.pid, 'c')}.journal`,
      `.model.json.${token(process.pid, 'd')}.journal`,
      old,
    ];
    const stays = [
      `.model.json.${token(process.ppid, 'e')}.tmp`,
      '.model.json.swp',
      '.notes.txt.12-aaaaaaaaaaaa.tmp',
      'other.bin',
      'thesis.txt',
    ];
    for (const name of [...gone, ...stays]) await writeFile(join(folder, name), '[]');
    await mkdir(join(folder, 'sub'));
    await writeFile(
      join(folder, `.model.json.${token(dead.pid, 'c')}.journal`),
      JSON.stringify([old, 'thesis.txt', '../x.bin', 'sub/y.bin', 7]),
    );
    await writeFile(join(folder, 'sub', 'y.bin'), '');
    await nodeFile(folder).save({ modelTopology: {} });
    expect((await readdir(folder)).sort()).toEqual([...stays, 'model.json', 'sub'].sort());
    expect(await readdir(join(folder, 'sub'))).toEqual(['y.bin']);
  });
});
