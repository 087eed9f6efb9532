import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveH5 } from '@secateur/export/h5';
import { run } from '@secateur-app/conformance/peer';
import { peerPython } from '@secateur-app/conformance/venv';
import type { LayersModel } from '@tensorflow/tfjs-layers';

const script: string = fileURLToPath(new URL('../../python/tflite.py', import.meta.url));
const cache: string = fileURLToPath(new URL('../../.cache/tflite/', import.meta.url));

/**
 * The path of a .tflite file of a model, for one image at a time; TensorFlow makes it once. `sparse` leaves zeros out,
 * as LiteRT's sparse kernels want.
 */
export async function tfliteOf(model: LayersModel, kind: 'dense' | 'sparse'): Promise<string> {
  const path = join(cache, `${await digestOf(model, kind)}.tflite`);
  if (await exists(path)) return path;

  await mkdir(cache, { recursive: true });
  const own = join(cache, randomUUID());
  const [h5, tflite] = [`${own}.h5`, `${own}.tflite`];
  try {
    await saveH5(model, h5);
    await run(await peerPython(), [script, h5, tflite, kind]);
    await rename(tflite, path);
  } finally {
    for (const file of [h5, tflite]) await rm(file, { force: true });
  }
  return path;
}

/** Of all that decides what is in the file. */
async function digestOf(model: LayersModel, kind: string): Promise<string> {
  const hash = createHash('sha256')
    .update(kind)
    .update(await readFile(script));
  hash.update(JSON.stringify(model.toJSON(undefined, false)));
  for (const weight of model.getWeights()) hash.update(await weight.data());
  return hash.digest('hex').slice(0, 32);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
