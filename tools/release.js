/**
 * `npm run release -- --dry-run` shows what would go out, without asking the registry: the changesets that wait, and
 * each package's version and files. `npm run release` checks everything and publishes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import getReleasePlan from '@changesets/get-release-plan';
import { execa } from 'execa';
import { root } from './workspace.js';

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } });
const run = execa({ cwd: root, stdio: 'inherit', preferLocal: true });

if (values['dry-run']) {
  // `changeset status` would ask git for the branch main, which a checkout of a single commit lacks.
  const { changesets, releases } = await getReleasePlan(root);
  process.stdout.write(`${changesets.length} changesets wait\n`);
  for (const { name, type, oldVersion, newVersion } of releases.filter(({ type }) => type !== 'none'))
    process.stdout.write(`  ${name} ${oldVersion} -> ${newVersion} (${type})\n`);
  await run('npm', ['run', '--silent', 'pack']);
  /** @type {{ name: string, version: string, filename: string, files: { path: string }[] }[]} */
  const packed = JSON.parse(readFileSync(join(root, '.cache/packed.json'), 'utf8'));
  for (const { name, version, files } of packed) {
    process.stdout.write(`\n${name}@${version}, ${files.length} files\n`);
    for (const { path } of files) process.stdout.write(`  ${path}\n`);
  }
  process.stdout.write(`\n${packed.length} packages would go out, where the registry lacks their version.\n`);
} else {
  await run('npm', ['run', 'check']);
  await run('npm', ['run', 'test:packages']);
  await run('npx', ['-y', 'pnpm@10.34.9', 'exec', 'changeset', 'publish']);
}
