/**
 * Installs each packed package alone into an empty project, as a user would, and there runs and type-checks the first
 * ts block of its README: `npm run test:packages [-- names]`, after `npm run pack`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import pMap from 'p-map';
import { blocksInMarkdown } from './blocks.js';
import { transpile, typeErrors } from './compile.js';
import { packages, siblingsOf } from './workspace.js';

/** @typedef {import('./workspace.js').Package} Package */

const peerVersion = '4.22.0';
const names = process.argv.slice(2);

/** The first ts block of the README, as it is in the tarball. */
async function readmeExample(/** @type {Package} */ { tarball, path }) {
  const { stdout } = await execa('tar', ['-xzOf', tarball, 'package/README.md']);
  const [example] = blocksInMarkdown(stdout);
  if (example === undefined) throw new Error(`${path}/README.md has no ts block`);
  return example.code;
}

/** The package, its peers, and a backend only where the example imports one. */
function projectManifest(/** @type {Package} */ pack, /** @type {string} */ example) {
  const imported = example.match(/(?<=['"])@tensorflow\/tfjs-backend-[a-z]+/g) ?? [];
  const peers = [...Object.keys(pack.manifest.peerDependencies ?? {}), ...imported];
  const nodeTypes = /['"]node:/.test(example) ? { '@types/node': '20' } : {};
  return {
    private: true,
    type: 'module',
    dependencies: {
      [pack.name]: `file:${pack.tarball}`,
      ...Object.fromEntries(peers.map((peer) => [peer, peerVersion])),
    },
    devDependencies: nodeTypes,
    overrides: Object.fromEntries(siblingsOf(pack).map(({ name, tarball }) => [name, `file:${tarball}`])),
  };
}

/** Every entry point that the package exports, imported. */
function entryImports(/** @type {Package} */ { name, manifest }) {
  const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'));
  return entries.map((entry) => `import '${name}${entry.slice(1)}';\n`).join('');
}

/** Errors in the example and in our own declarations; those of TensorFlow.js are not ours. */
function complaintsOf(/** @type {string} */ folder, /** @type {string[]} */ types) {
  const files = ['example.ts', 'entries.ts'].map((file) => join(folder, file));
  return /** @type {const} */ (['nodenext', 'bundler']).flatMap((resolution) =>
    typeErrors(files, { resolution, types, folder, skipLibCheck: false })
      .filter(({ file }) => !file.includes('/node_modules/') || file.includes('/node_modules/@secateur/'))
      .map(({ file, line, text }) => `${resolution}: ${file.replace(`${folder}/`, '')}:${line}: ${text}`),
  );
}

async function tryAlone(/** @type {Package} */ pack) {
  const folder = mkdtempSync(join(tmpdir(), 'secateur-alone-'));
  try {
    const example = await readmeExample(pack);
    const manifest = projectManifest(pack, example);
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
    for (const [name, code] of Object.entries({ example, entries: entryImports(pack) })) {
      writeFileSync(join(folder, `${name}.ts`), code);
      writeFileSync(join(folder, `${name}.js`), transpile(code, `${name}.ts`));
    }
    const inside = { cwd: folder, all: /** @type {const} */ (true), timeout: 120_000 };
    await execa(
      'npm',
      ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'],
      inside,
    );
    await execa('node', ['entries.js'], inside);
    await execa('node', ['--enable-source-maps', 'example.js'], inside);
    return complaintsOf(folder, '@types/node' in manifest.devDependencies ? ['node'] : []);
  } catch (error) {
    const { all, message } = /** @type {{ all?: string, message: string }} */ (error);
    return [`${message.split('\n')[0]}\n${all ?? ''}`];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const chosen = packages.filter(({ name }) => names.length === 0 || names.some((word) => name.endsWith(word)));
const results = await pMap(chosen, async (pack) => ({ pack, complaints: await tryAlone(pack) }), {
  concurrency: 2,
});
for (const { pack, complaints } of results) {
  const verdict =
    complaints.length === 0 ? 'installs, runs and type-checks alone' : `failed\n${complaints.join('\n')}`;
  process.stdout.write(`${pack.name}: ${verdict}\n`);
}
const failed = results.filter(({ complaints }) => complaints.length > 0).length;
process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
