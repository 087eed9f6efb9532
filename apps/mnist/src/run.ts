import { Listr, type ListrTask } from 'listr2';
import type { Budget } from './budget.js';
import type { Network } from './networks.js';
import { type Dense, prune, type Row, trainDense, type Workplace } from './pipeline.js';
import type { Recipe } from './recipe.js';
import type { Progress } from './training.js';

export interface Plan {
  readonly networks: readonly Network[];
  readonly recipes: readonly Recipe[];
  readonly seeds: readonly number[];
  readonly budget: Budget;
}

/** Trains and prunes what the plan says, showing progress on stderr. */
export async function runAll(plan: Plan, place: Workplace): Promise<Row[]> {
  const rows: Row[] = [];
  const tasks = plan.seeds.flatMap((seed) =>
    plan.networks.flatMap((network) => tasksFor(plan, place, seed, network, rows)),
  );
  await new Listr(tasks, {
    renderer: 'default',
    fallbackRenderer: 'simple',
    rendererOptions: { collapseSubtasks: false },
  }).run();
  return rows;
}

function tasksFor(
  { recipes, budget }: Plan,
  place: Workplace,
  seed: number,
  network: Network,
  rows: Row[],
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
  const prunings = recipes.map((recipe): ListrTask => {
    const epochs = budget.pruned(network, recipe);
    return {
      title: `${what}: prune, ${recipe.name}, ${epochs} epochs`,
      task: async (_, task) => {
        rows.push(await prune(place, dense, recipe, epochs, showOn(task)));
      },
    };
  });
  return [train, ...prunings];
}

/** Shows where a training is: a terminal gets a running count, a log a line an epoch. */
function showOn(task: { output: string }): (progress: Progress) => void {
  let shown = '';
  return ({ epoch, batch, batches, accuracy }) => {
    const before = accuracy === undefined ? '' : `, ${(100 * accuracy).toFixed(2)} % right in the last`;
    const text = process.stdout.isTTY
      ? `epoch ${epoch}, batch ${batch} of ${batches}${before}`
      : `epoch ${epoch}${before}`;
    if (text !== shown) task.output = text;
    shown = text;
  };
}
