/** Runs a command on the tarball of each package: `node tools/each-tarball.js publint run --strict`. */
import { execa } from 'execa';
import { packages } from './workspace.js';

const [command = '', ...options] = process.argv.slice(2);
for (const { tarball, name } of packages) {
  const { failed, all } = await execa(command, [...options, tarball], {
    preferLocal: true,
    reject: false,
    all: true,
  });
  process.stdout.write(failed ? `${name}\n${all}\n` : `${name}: ${command} is content\n`);
  if (failed) process.exitCode = 1;
}
