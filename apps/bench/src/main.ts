import Table from 'cli-table3';
import { type Command, program } from 'commander';
import { machine } from './machine.js';
import { masks } from './masks.js';
import { overhead } from './overhead.js';
import type { Row } from './row.js';
import { shrink } from './shrink.js';
import { train } from './train.js';

type Bench = (options: Record<string, boolean>) => Promise<Row[]>;

program
  .name('npm run bench --')
  .description('Speed and size, side by side with peers; ratios are measured interleaved, in one run.');
addBench('masks', 'exact top-k masks against sorting, quickselect and tf.topk', masks);
addBench('overhead', 'a pruned training step against the plain one', overhead);
addBench('shrink', 'models without some of their channels against the whole ones', shrink);
addBench('train', 'a training step against other backends', train).option(
  '--tensorflow',
  'TensorFlow too, from the Python venv',
);
await program.parseAsync();

function addBench(name: string, description: string, bench: Bench): Command {
  return program
    .command(name)
    .description(description)
    .option('--json', 'print one JSON document')
    .action(async ({ json, ...options }: Record<string, boolean>) => {
      const rows = await bench(options);
      if (json) console.log(JSON.stringify({ bench: name, machine: machine(), rows }));
      else console.log(tableOf(rows));
    });
}

function tableOf(rows: readonly Row[]): string {
  const head = Object.keys(rows[0] ?? {});
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const row of rows) table.push(head.map((key) => String(row[key] ?? '')));
  return table.toString();
}
