import { readFile, writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { writeAccuracy } from './accuracy.js';
import { h5Suite } from './h5-suite.js';
import { masksSuite } from './masks.js';
import { report, reportText } from './report.js';
import type { Row } from './row.js';
import { schedulesSuite } from './schedules.js';
import { structureSuite } from './structure-suite.js';
import { withTables } from './structure-table.js';
import { trainingSuite } from './training.js';
import { peerPython } from './venv.js';

/** Against the Python peers. */
const peerSuites: Readonly<Record<string, (python: string) => Promise<Row[]>>> = {
  schedules: schedulesSuite,
  masks: masksSuite,
  training: trainingSuite,
  h5: h5Suite,
};

/** Against references of their own: no Python. */
const ownSuites: Readonly<Record<string, () => Promise<Row[]>>> = { structure: structureSuite };

interface Options {
  readonly json?: true;
  readonly only?: string;
  readonly python?: string;
  readonly accuracy?: string;
  readonly tables?: string;
}

const program = new Command('conformance')
  .description('Holds our packages against real tfmot and Keras.')
  .option('--json', 'print one JSON document: {passed, failed, rows}')
  .addOption(
    new Option('--only <suite>', 'run one suite').choices(Object.keys({ ...peerSuites, ...ownSuites })),
  )
  .option(
    '--python <path>',
    'a python that has the peers (default: SECATEUR_PYTHON, else .venv, made when missing)',
  )
  .option(
    '--accuracy <file>',
    'instead, train the tutorial in tfmot and write what it reaches as JSON (long)',
  )
  .option('--tables <page>', 'instead, write the tables of the hard cases into a page of the docs')
  .parse();

/** A suite that throws is a failed row, so that the others still run. */
async function rowsOf(name: string, suite: () => Promise<Row[]>): Promise<Row[]> {
  const start = performance.now();
  try {
    return await suite();
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return [{ suite: name, name: 'the suite runs to its end', passed: false, detail }];
  } finally {
    process.stderr.write(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s\n`);
  }
}

async function main({ json, only, python: chosen, accuracy, tables }: Options): Promise<void> {
  if (tables !== undefined) {
    await writeFile(tables, withTables(await readFile(tables, 'utf8')));
    return;
  }
  if (accuracy !== undefined) {
    await writeAccuracy(await peerPython(chosen), accuracy);
    return;
  }
  const asked = <T>(suites: Readonly<Record<string, T>>): [string, T][] =>
    Object.entries(suites).filter(([name]) => only === undefined || only === name);
  const rows: Row[] = [];
  const withPeers = asked(peerSuites);
  if (withPeers.length > 0) {
    const python = await peerPython(chosen);
    for (const [name, suite] of withPeers) rows.push(...(await rowsOf(name, () => suite(python))));
  }
  for (const [name, suite] of asked(ownSuites)) rows.push(...(await rowsOf(name, suite)));
  const result = report(rows);
  process.stdout.write(`${json ? JSON.stringify(result, null, 1) : reportText(result)}\n`);
  process.exitCode = result.failed === 0 ? 0 : 1;
}

try {
  await main(program.opts<Options>());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
