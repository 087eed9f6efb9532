/**
 * Runs every check, and says at the end which failed: `npm run check`, after building and packing. Each is a script of
 * its own, too.
 */
import { execa } from 'execa';
import { root } from './workspace.js';

const checks = [
  'lint',
  'typecheck',
  'sherif',
  'knip',
  'manifests',
  'publint',
  'attw',
  'size',
  'bundles',
  'docs:api',
  'curve',
];

/** @type {string[]} */
const failed = [];
for (const check of checks) {
  const start = performance.now();
  const { failed: red, all } = await execa('npm', ['run', '--silent', '--ignore-scripts', check], {
    cwd: root,
    all: true,
    reject: false,
    env: { NO_COLOR: '1' },
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${red ? 'FAILED' : 'ok    '} ${check} (${seconds} s)\n`);
  if (red) {
    failed.push(check);
    process.stdout.write(`${all}\n\n`);
  }
}
process.stdout.write(
  failed.length > 0 ? `checks that failed: ${failed.join(', ')}\n` : 'all checks are clean\n',
);
process.exitCode = failed.length > 0 ? 1 : 0;
