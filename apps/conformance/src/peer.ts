import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const scripts: string = fileURLToPath(new URL('../python/', import.meta.url));

/** Runs a command. Its standard output goes to our stderr; the last lines of its stderr are in the error when it fails. */
export async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let tail = '';
  child.stdout.pipe(process.stderr, { end: false });
  child.stderr.on('data', (chunk: Buffer) => {
    tail = `${tail}${chunk}`.slice(-2000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${code}:\n${tail.trim()}`);
}

/** What a Python script answered: its JSON, and the bytes that go with it. */
export interface PeerAnswer<T> {
  readonly json: T;
  readonly bytes: ArrayBuffer;
}

/** Runs one of our Python scripts on a request and its tensors, through files in a folder of its own. */
export async function askPeer<T>(
  python: string,
  script: string,
  request: unknown,
  tensors: readonly Float32Array[] = [],
): Promise<PeerAnswer<T>> {
  const folder = await mkdtemp(join(tmpdir(), 'secateur-conformance-'));
  try {
    await writeFile(join(folder, 'request.json'), JSON.stringify(request));
    await writeFile(join(folder, 'request.bin'), concatenated(tensors));
    await run(python, [join(scripts, script), folder]);
    const bytes = await readFile(join(folder, 'answer.bin'));
    return {
      json: JSON.parse(await readFile(join(folder, 'answer.json'), 'utf8')) as T,
      bytes: new Uint8Array(bytes).buffer,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function concatenated(tensors: readonly Float32Array[]): Uint8Array {
  const all = new Float32Array(tensors.reduce((length, tensor) => length + tensor.length, 0));
  let position = 0;
  for (const tensor of tensors) {
    all.set(tensor, position);
    position += tensor.length;
  }
  return new Uint8Array(all.buffer);
}
