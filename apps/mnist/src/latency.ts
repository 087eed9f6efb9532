import { median } from 'd3-array';

/** Something that is done when it returns. */
export type Task = () => void;

/**
 * The microseconds that each task takes: medians over rounds in which the tasks take turns, so that what else the machine
 * does falls on all. Before its turn each runs untimed: at first until V8 has compiled it for good, then until the caches
 * hold what is its own.
 */
export function microseconds<Name extends string>(tasks: Readonly<Record<Name, Task>>): Record<Name, number> {
  const compiling = 200;
  const warming = 1;
  const timing = 2;
  const rounds = 25;
  const timed = Object.entries<Task>(tasks).map(([name, task]) => {
    const perMillisecond = countIn(task, compiling) / compiling;
    return { name, task, perMillisecond, times: [] as number[] };
  });
  for (let round = 0; round < rounds; round += 1) {
    for (const { task, perMillisecond, times } of timed) {
      repeat(task, Math.ceil(warming * perMillisecond));
      const count = Math.ceil(timing * perMillisecond);
      const start = performance.now();
      repeat(task, count);
      times.push((1000 * (performance.now() - start)) / count);
    }
  }
  const medians = timed.map(({ name, times }) => [name, median(times) as number]);
  return Object.fromEntries(medians) as Record<Name, number>;
}

/** How often a task runs in so many milliseconds. */
function countIn(task: Task, milliseconds: number): number {
  const end = performance.now() + milliseconds;
  let count = 0;
  for (; performance.now() < end; count += 1) task();
  return count;
}

function repeat(task: Task, count: number): void {
  for (let done = 0; done < count; done += 1) task();
}
