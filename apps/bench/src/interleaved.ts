import { median } from 'd3-array';

/** Something to time; a run of it takes at least a few milliseconds. */
export type Task = () => void | Promise<void>;

/** Milliseconds of each round of each task. */
export type Times<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/**
 * Times tasks against each other: in each round every task runs once, in an order that turns, so that a noisy neighbour
 * and a warm cache meet all alike. One round is run first and not counted.
 */
export async function timeInterleaved<Name extends string>(
  tasks: Readonly<Record<Name, Task>>,
  rounds: number,
): Promise<Times<Name>> {
  const names = Object.keys(tasks) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -1; round < rounds; round += 1) {
    for (const offset of names.keys()) {
      const name = names[(round + 1 + offset) % names.length] as Name;
      const started = performance.now();
      await tasks[name]();
      if (round >= 0) times[name].push(performance.now() - started);
    }
  }
  return times;
}

/** The median over rounds of one task's time over another's. */
export function medianRatio(times: readonly number[], over: readonly number[]): number {
  return median(times, (time, round) => time / (over[round] as number)) as number;
}
