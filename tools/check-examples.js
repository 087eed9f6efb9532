/**
 * Type-checks and runs every ts block of the guides, the READMEs and the sources' doc comments, each as it stands:
 * `npm run test:examples [-- words of paths]`. A package's blocks run inside its folder, so they find what it declares
 * and no more; the guides' and the root README's run inside docs.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import pMap from 'p-map';
import { globSync } from 'tinyglobby';
import { blocksInMarkdown, blocksInSource, programsOf } from './blocks.js';
import { transpile, typeErrors } from './compile.js';
import { packages, root } from './workspace.js';

const homes = [join(root, 'docs'), ...packages.map(({ folder }) => folder)].map((home) =>
  join(home, '.cache/examples'),
);
const words = process.argv.slice(2);
const pages = globSync(['README.md', 'docs/**/*.md', 'packages/*/README.md', 'packages/*/src/**/*.ts'], {
  cwd: root,
  ignore: ['docs/api/**', '**/node_modules/**', '**/dist/**', '**/.*/**', '**/*.test.ts', '**/*.test-d.ts'],
})
  .filter((page) => words.length === 0 || words.some((word) => page.includes(word)))
  .sort();

/** @typedef {{ page: string, line: number, source: string, complaints: string[] }} Example */

/** @type {Example[]} */
const examples = [];
for (const home of homes) rmSync(home, { recursive: true, force: true });
for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8');
  const programs = programsOf(page.endsWith('.ts') ? blocksInSource(text) : blocksInMarkdown(text));
  const owner = /^packages\/[^/]+/.exec(page)?.[0] ?? 'docs';
  const folder = join(root, owner, '.cache/examples', page.replaceAll('/', '-').replace(/\.(md|ts)$/, ''));
  for (const { line, code, file } of programs) {
    const source = join(folder, file ?? `line-${line}.ts`);
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, code);
    writeFileSync(source.replace(/\.ts$/, '.js'), transpile(code, source));
    examples.push({ page, line, source, complaints: [] });
  }
}

const bySource = new Map(examples.map((example) => [example.source, example]));
for (const { file, line, text } of typeErrors([...bySource.keys()], {
  resolution: 'nodenext',
  types: ['node'],
})) {
  const example = bySource.get(file);
  if (example === undefined) throw new Error(`${file}:${line}: ${text}`);
  example.complaints.push(`${example.page}:${line}: ${text}`);
}

/** Where an example runs, and leaves what it writes: a folder of its own with a package.json, as a user's. */
function emptyProject(/** @type {string} */ source) {
  const folder = source.replace(/\.ts$/, '');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  return folder;
}

await pMap(
  examples,
  async ({ source, page, line, complaints }) => {
    const run = await execa('node', ['--enable-source-maps', source.replace(/\.ts$/, '.js')], {
      cwd: emptyProject(source),
      reject: false,
      all: true,
      timeout: 120_000,
    });
    if (run.failed)
      complaints.push(`${page}:${line}: ${run.timedOut ? 'ran for two minutes' : 'failed'}\n${run.all}`);
  },
  { concurrency: availableParallelism() },
);

const failed = examples.filter(({ complaints }) => complaints.length > 0);
for (const { complaints } of failed)
  process.stdout.write(`${complaints.join('\n').replaceAll(`${root}/`, '')}\n\n`);
const without = packages.filter(
  ({ path }) => words.length === 0 && !examples.some(({ page }) => page.startsWith(path)),
);
for (const { path } of without) process.stdout.write(`${path}: no example\n`);
process.stdout.write(`${examples.length - failed.length} passed, ${failed.length + without.length} failed\n`);
process.exitCode = failed.length + without.length > 0 ? 1 : 0;
