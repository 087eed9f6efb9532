import { Command, Option } from 'commander';
import { writeAccuracy } from './accuracy.js';
import { h5Suite } from './h5-suite.js';
import { masksSuite } from './masks.js';
import { report, reportText } from './report.js';
import type { Row } from './row.js';
import { schedulesSuite } from './schedules.js';
import { trainingSuite } from './training.js';
import { peerPython } from './venv.js';

const suites: Readonly<Record<string, (python: string) => Promise<Row[]>>> = {
  schedules: schedulesSuite,
  masks: masksSuite,
  training: trainingSuite,
  h5: h5Suite,
};

interface Options {
  readonly json?: true;
  readonly only?: string;
  readonly python?: string;
  readonly accuracy?: string;
}

const program = new Command('conformance')
  .description('Holds our packages against real tfmot and Keras.')
  .option('--json', 'print one JSON document: {passed, failed, rows}')
  .addOption(new Option('--only <suite>', 'run one suite').choices(Object.keys(suites)))
  .option(
    '--python <path>',
    'a python that has the peers (default: SECATEUR_PYTHON, else .venv, made when missing)',
  )
  .option(
    '--accuracy <file>',
    'instead, train the tutorial in tfmot and write what it reaches as JSON (long)',
  )
  .parse();

/** A suite that throws is a failed row, so that the others still run. */
async function rowsOf(
  name: string,
  suite: (python: string) => Promise<Row[]>,
  python: string,
): Promise<Row[]> {
  const start = performance.now();
  try {
    return await suite(python);
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return [{ suite: name, name: 'the suite runs to its end', passed: false, detail }];
  } finally {
    process.stderr.write(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s\n`);
  }
}

async function main({ json, only, python: chosen, accuracy }: Options): Promise<void> {
  const python = await peerPython(chosen);
  if (accuracy !== undefined) {
    await writeAccuracy(python, accuracy);
    return;
  }
  const rows: Row[] = [];
  for (const [name, suite] of Object.entries(suites)) {
    if (only === undefined || only === name) rows.push(...(await rowsOf(name, suite, python)));
  }
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
