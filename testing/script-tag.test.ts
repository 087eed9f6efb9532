import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchOptions } from './chromium.js';

const root = new URL('../', import.meta.url);
const tfjs = (name: string, file: string) => `node_modules/@tensorflow/tfjs-${name}/dist/${file}`;
const secateur = (name: string) => `packages/${name}/dist/secateur-${name}.min.js`;

const tensorflow = [tfjs('core', 'tf-core.min.js'), tfjs('layers', 'tf-layers.min.js')];
const ours = ['schedules', 'masks', 'layers', 'structure'].map(secateur);
const bundles = {
  cpu: [...tensorflow, tfjs('backend-cpu', 'tf-backend-cpu.min.js'), ...ours],
  wasm: [...tensorflow, tfjs('backend-wasm', 'tf-backend-wasm.min.js'), ...ours, secateur('wasm-train')],
};

/** What a reader of the guide would write in a page of theirs. */
const program = {
  cpu: `await tf.setBackend('cpu');`,
  wasm: `
    tf.wasm.setWasmPaths('/${tfjs('backend-wasm', '')}');
    await tf.setBackend('wasm');
    secateur.registerWasmTraining();`,
};
const train = `
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, inputShape: [6, 6, 2] }),
      tf.layers.flatten(),
      tf.layers.dense({ name: 'dense', units: 3 }),
    ],
  });
  const schedule = secateur.constantSparsity({ targetSparsity: 0.75, beginStep: 0 });
  const wrapped = secateur.pruneLowMagnitude(model, { schedule, strategy: secateur.magnitude() });
  wrapped.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  await wrapped.fit(tf.randomNormal([12, 6, 6, 2]), tf.randomNormal([12, 3]), {
    batchSize: 4,
    callbacks: secateur.updatePruningStep(),
  });
  const plan = await secateur.planStructure(wrapped, { target: { channels: 0.5 } });
  const { model: small } = await secateur.shrink(wrapped, { plan });
  return {
    backend: tf.getBackend(),
    sparsity: await secateur.weightSparsity(wrapped),
    filters: small.layers[0].outputShape[3],
  };`;

let server: Server;
let browser: Browser;
let address: string;

/** Serves the files of this repository, and at /<backend> a page with the scripts for it. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1);
    if (path === 'cpu' || path === 'wasm') {
      response.setHeader('Content-Type', 'text/html');
      response.end(bundles[path].map((script) => `<script src="/${script}"></script>`).join('\n'));
      return;
    }
    response.setHeader('Content-Type', path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript');
    readFile(new URL(path, root)).then(
      (content) => response.end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await chromium.launch(launchOptions);
}, 60_000);

afterAll(async () => {
  await browser.close();
  server.close();
});

it.each(['cpu', 'wasm'] as const)(
  'a page of script tags alone prunes and shrinks, on %s',
  async (backend) => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('requestfailed', (request) => errors.push(`${request.url()} did not load`));
    await page.goto(`${address}/${backend}`);
    const result: unknown = await page.evaluate(`(async () => { ${program[backend]} ${train} })()`);
    expect(errors).toEqual([]);
    expect(result).toEqual({ backend, sparsity: { conv: 0.75, dense: 0.75 }, filters: 2 });
    await page.close();
  },
);
