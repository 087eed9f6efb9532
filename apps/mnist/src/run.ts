import { Listr, ListrLogger, type ListrTask, ProcessOutput } from 'listr2';
import type { Budget } from './budget.js';
import type { Network } from './networks.js';
import { type Dense, type OnProgress, trainDense, type Workplace } from './pipeline.js';
import type { Prunings } from './prunings.js';
import type { Row } from './row.js';

export interface Plan {
  readonly networks: readonly Network[];
  readonly seeds: readonly number[];
  readonly budget: Budget;
}

/** Trains and prunes what the plan says. Progress is on the terminal, or on stderr where stdout goes elsewhere. */
export async function runAll<R extends Row>(
  plan: Plan,
  prunings: Prunings<R>,
  place: Workplace,
): Promise<R[]> {
  const rows: R[] = [];
  const tasks = plan.seeds.flatMap((seed) =>
    plan.networks.flatMap((network) => tasksFor(plan.budget, prunings, place, seed, network, rows)),
  );
  await new Listr(tasks, {
    renderer: 'default',
    fallbackRenderer: 'simple',
    fallbackRendererOptions: {
      logger: new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) }),
    },
    rendererOptions: { collapseSubtasks: false },
  }).run();
  return rows;
}

function tasksFor<R extends Row>(
  budget: Budget,
  prunings: Prunings<R>,
  place: Workplace,
  seed: number,
  network: Network,
  rows: R[],
): ListrTask[] {
  let dense: Dense;
  const what = `${network.name} network, seed ${seed}`;
  const denseEpochs = budget.dense(network);
  const train: ListrTask = {
    title: `${what}: train, ${denseEpochs} epochs`,
    task: async (_, task) => {
      dense = await trainDense(place, network, seed, denseEpochs, showOn(task));
    },
  };
  const tasks = prunings(network, budget).map(
    ({ title, run }): ListrTask => ({
      title: `${what}: ${title}`,
      task: async (_, task) => {
        rows.push(...(await run(place, dense, showOn(task))));
      },
    }),
  );
  return [train, ...tasks];
}

/** Shows where a training is: a terminal gets a running count, a log a line an epoch. */
function showOn(task: { output: string }): OnProgress {
  let shown = '';
  return ({ epoch, batch, batches, accuracy }, stage) => {
    const where = stage === undefined ? `epoch ${epoch}` : `${stage}, epoch ${epoch}`;
    const before = accuracy === undefined ? '' : `, ${(100 * accuracy).toFixed(2)} % right in the last`;
    const text = process.stdout.isTTY
      ? `${where}, batch ${batch} of ${batches}${before}`
      : `${where}${before}`;
    if (text !== shown) task.output = text;
    shown = text;
  };
}
