import '@tensorflow/tfjs-backend-cpu';
import { nodeFile } from '@secateur/export/node';
import { enableProdMode, getBackend, randomUniform, setBackend } from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import type { Change, ShrunkRow } from './shrink.js';
import { speedUpOf } from './speed-up.js';
import { openWebGL } from './webgl.js';

/** How many times faster the smaller network predicts, by backend; null where there is no such backend. */
type SpeedUps = Readonly<Record<'cpu' | 'wasm' | 'webgl', number | null>>;

export interface TimedRow extends ShrunkRow {
  readonly speedUp: SpeedUps;
}

/** Times the saved models on the cpu and wasm backends of this process, and on webgl where a browser is found. */
export async function timeAll(
  rows: readonly ShrunkRow[],
): Promise<{ rows: TimedRow[]; renderer: string | null }> {
  enableProdMode(); // or the cpu backend advises tfjs-node
  const webgl = await openWebGL().catch((error: Error) => {
    console.error(`webgl is left out: ${error.message.split('\n')[0]}`);
    return undefined;
  });
  const timed: TimedRow[] = [];
  try {
    for (const row of rows) {
      const speedUp = {
        cpu: await speedUpOn('cpu', row.folders),
        wasm: await speedUpOn('wasm', row.folders),
        webgl: (await webgl?.speedUp(row.folders)) ?? null,
      };
      timed.push({ ...row, speedUp });
    }
  } finally {
    await webgl?.close();
  }
  return { rows: timed, renderer: webgl?.renderer ?? null };
}

/** Makes the backend current for the time that it takes. */
async function speedUpOn(backend: 'cpu' | 'wasm', { dense, shrunk }: Change<string>): Promise<number> {
  const before = getBackend();
  await setBackend(backend);
  const sources = { dense: nodeFile(dense), shrunk: nodeFile(shrunk) };
  const speedUp = await speedUpOf({ loadLayersModel, randomUniform }, sources);
  await setBackend(before);
  return speedUp;
}
