import Table from 'cli-table3';
import { type Command, Option, program } from 'commander';
import { machine } from './machine.js';
import { masks } from './masks.js';
import { mnistStructured } from './mnist-structured/mnist-structured.js';
import { recipes } from './mnist-structured/recipe.js';
import { overhead } from './overhead.js';
import type { Row } from './row.js';
import { shrink } from './shrink.js';
import { sparse, sparseParts } from './sparse/sparse.js';
import { sparseWeb } from './sparse-web/sparse-web.js';
import { train } from './train.js';

program
  .name('npm run bench --')
  .description('Speed and size, side by side with peers; ratios are measured interleaved, in one run.');
addBench('masks', 'exact top-k masks against sorting, quickselect and tf.topk', masks);
addBench('overhead', 'a pruned training step against the plain one', overhead);
addBench('shrink', 'models without some of their channels against the whole ones', shrink);
addBench('sparse', 'sparse layers and models against tfjs-wasm and ONNX Runtime: ten minutes', sparse)
  .option('--quick', 'a minute: few rounds of few cases')
  .addOption(new Option('--only <part>', 'only this part').choices(Object.keys(sparseParts)));
addBench(
  'sparse-web',
  'sparse models in Chromium against tfjs, ONNX Runtime and LiteRT: a minute',
  sparseWeb,
).option('--quick', 'few rounds of one case');
addBench('train', 'a training step against other backends', train).option(
  '--tensorflow',
  'TensorFlow too, from the Python venv',
);
addBench(
  'mnist-structured',
  'LeNets on MNIST with neurons and filters removed: an hour or two, or --quick',
  mnistStructured,
)
  .option('--quick', 'half a minute: little training of one seed')
  .option('--held-out', 'errors on 10,000 training images that are held out, for choosing recipes')
  .addOption(new Option('--net <name>', 'only this network').choices(recipes.map(({ network }) => network)))
  .option('--recorded', 'print the rows of the last full run, without running');
await program.parseAsync();

function addBench<Options>(
  name: string,
  description: string,
  bench: (options: Options) => Promise<Row[]>,
): Command {
  return program
    .command(name)
    .description(description)
    .option('--json', 'print one JSON document')
    .action(async (options: Options & { json?: boolean }) => {
      const rows = await bench(options);
      if (options.json) console.log(JSON.stringify({ bench: name, machine: machine(), rows }));
      else console.log(tableOf(rows));
    });
}

function tableOf(rows: readonly Row[]): string {
  const head = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const row of rows) table.push(head.map((key) => String(row[key] ?? '')));
  return table.toString();
}
