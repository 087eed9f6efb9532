import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium, type Page } from 'playwright';
import type { Change } from './shrink.js';
import { speedUpOf } from './speed-up.js';

/** The WebGL backend, in a page of a browser. */
export interface WebGL {
  /** What draws: a graphics card, or software. */
  readonly renderer: string;
  readonly speedUp: (folders: Change<string>) => Promise<number>;
  readonly close: () => Promise<void>;
}

const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const origin = 'http://localhost';

/**
 * Opens a page with stock TensorFlow.js on the WebGL backend. Needs Chromium, at /usr/bin/chromium or where CHROMIUM_PATH
 * says.
 *
 * @throws Error when there is none, it doesn't start, or it has no WebGL.
 */
export async function openWebGL(): Promise<WebGL> {
  if (!existsSync(chromiumPath)) throw new Error(`no Chromium at ${chromiumPath}`);
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--enable-unsafe-swiftshader'], // WebGL in software where there is no graphics card
  });
  try {
    const page = await browser.newPage();
    await serveFiles(page);
    await page.goto(origin);
    await page.addScriptTag({
      path: fileURLToPath(import.meta.resolve('@tensorflow/tfjs/dist/tf.min.js')),
    });
    const renderer = await page.evaluate<string | undefined>(rendererOfWebGL);
    if (renderer === undefined) throw new Error('Chromium has no WebGL here');
    return {
      renderer,
      speedUp: ({ dense, shrunk }) => {
        const sources = { dense: addressOf(dense), shrunk: addressOf(shrunk) };
        return page.evaluate<number>(`(${speedUpOf})(tf, ${JSON.stringify(sources)})`);
      },
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

const rendererOfWebGL = `(async () => {
  if (!(await tf.setBackend('webgl'))) return undefined;
  const gl = tf.backend().getGPGPUContext().gl;
  const details = gl.getExtension('WEBGL_debug_renderer_info');
  return gl.getParameter(details === null ? gl.RENDERER : details.UNMASKED_RENDERER_WEBGL);
})()`;

/** Answers the page's requests from the disk, with no server: an address has the path of its file. */
function serveFiles(page: Page): Promise<unknown> {
  return page.route('**/*', (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: '' });
    return route.fulfill({ path: fileURLToPath(`file://${pathname}`) });
  });
}

function addressOf(folder: string): string {
  return `${origin}${pathToFileURL(folder).pathname}/model.json`;
}
