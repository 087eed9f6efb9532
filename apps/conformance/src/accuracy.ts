import { writeFile } from 'node:fs/promises';
import { mnistFolder } from './mnist.js';
import { askPeer } from './peer.js';

/** Runs the tutorial in tfmot for three seeds and writes its accuracies and sizes as JSON. About five minutes. */
export async function writeAccuracy(python: string, file: string): Promise<void> {
  const { json } = await askPeer<unknown>(python, 'accuracy.py', { mnist: mnistFolder(), seeds: [0, 1, 2] });
  await writeFile(file, `${JSON.stringify(json, null, 1)}\n`);
}
