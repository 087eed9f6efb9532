import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page, type Route } from 'playwright';
import { build } from 'rolldown';
import type { PageApi } from './page-api.js';

/** What the page asks for by an address: bytes, or the path of a file. */
export type Files = Map<string, Uint8Array | string>;

/** The page, in a headless Chromium. */
export interface Browser extends PageApi {
  /** Served at addresses that begin with a slash. */
  readonly files: Files;
  close(): Promise<void>;
}

const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const origin = 'http://localhost';
const { resolve } = createRequire(import.meta.url);
/** Where the page finds the WebAssembly of the runtimes. */
const folders: Readonly<Record<string, string>> = {
  tfjs: dirname(resolve('@tensorflow/tfjs-backend-wasm')),
  ort: dirname(resolve('onnxruntime-web')),
  litert: fileURLToPath(new URL('../wasm', import.meta.resolve('@litertjs/core'))),
};

/**
 * Opens the page in Chromium, at /usr/bin/chromium or where CHROMIUM_PATH says. All it asks for is answered from here;
 * nothing is loaded from a network. It is on one thread: without special headers a page has no shared memory.
 */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(chromiumPath))
    throw new Error(`no Chromium at ${chromiumPath}: install it, or set CHROMIUM_PATH to that of yours`);
  const script = await bundle();
  const files: Files = new Map();
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
  });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error('in the page:', error));
    await page.route('**/*', (route) => answer(route, files, script));
    await page.goto(origin);
    await page.addScriptTag({ url: '/page.js', type: 'module' });
    await page.waitForFunction('globalThis.sparseWeb !== undefined');
    return {
      files,
      measure: (measurement) => call(page, 'measure', measurement),
      digest: (model) => call(page, 'digest', model),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

function call<Result>(page: Page, name: keyof PageApi, argument: unknown): Promise<Result> {
  return page.evaluate<Result>(`sparseWeb.${name}(${JSON.stringify(argument)})`);
}

async function bundle(): Promise<string> {
  const { output } = await build({
    input: fileURLToPath(new URL('./page.js', import.meta.url)),
    platform: 'browser',
    write: false,
    logLevel: 'warn',
    output: { format: 'esm', codeSplitting: false },
  });
  return output[0].code;
}

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  json: 'application/json',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
};

function answer(route: Route, files: Files, script: string): Promise<void> {
  const url = new URL(route.request().url());
  if (url.origin !== origin) return route.abort();
  const { pathname } = url;
  const contentType = types[pathname.slice(pathname.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: '<!doctype html>' });
  if (pathname === '/page.js') return route.fulfill({ contentType, body: script });
  const file = files.get(pathname);
  if (file instanceof Uint8Array) return route.fulfill({ contentType, body: Buffer.from(file) });
  const [, folder = '', name] = pathname.split('/');
  const path = file ?? (folders[folder] && name && join(folders[folder], name));
  if (!path || !existsSync(path)) return route.fulfill({ status: 404 });
  return route.fulfill({ contentType, path });
}
