import { Command, Option } from 'commander';
import { report, reportText } from './report.js';
import { masksSuite } from './masks.js';
import { schedulesSuite } from './schedules.js';
import type { Row } from './row.js';
import { trainingSuite } from './training.js';
import { peerPython } from './venv.js';

const suites: Readonly<Record<string, (python: string) => Promise<Row[]>>> = {
  schedules: schedulesSuite,
  masks: masksSuite,
  training: trainingSuite,
};

const program = new Command('conformance')
  .description('Holds our packages against real tfmot and Keras.')
  .option('--json', 'print one JSON document: {passed, failed, rows}')
  .addOption(new Option('--only <suite>', 'run one suite').choices(Object.keys(suites)))
  .option('--python <path>', 'a python that has the peers (default: SECATEUR_PYTHON, else .venv, made when missing)')
  .parse();

const options = program.opts<{ json?: true; only?: string; python?: string }>();

try {
  const python = await peerPython(options.python);
  const rows: Row[] = [];
  for (const [name, suite] of Object.entries(suites)) {
    if (options.only !== undefined && options.only !== name) continue;
    const start = performance.now();
    rows.push(...(await suite(python)));
    process.stderr.write(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s\n`);
  }
  const result = report(rows);
  process.stdout.write(`${options.json ? JSON.stringify(result, null, 1) : reportText(result)}\n`);
  process.exitCode = result.failed === 0 && rows.length > 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
