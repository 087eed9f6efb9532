import { medianRatio, timeInterleaved } from '../interleaved.js';

/** Something to time against others: one call of it. */
export type Call = () => unknown;

/** How calls are timed. */
export interface ComparePlan {
  readonly rounds: number;
  /** What a round of one call takes at least; it is repeated until then. */
  readonly milliseconds: number;
}

/** V8 compiles a function anew, in the background, once it has run for a while. */
const warmUpMilliseconds = 60;

/** How many times slower than `ours` each peer is: the median over interleaved rounds. */
export async function compare<Peer extends string>(
  ours: Call,
  peers: Readonly<Record<Peer, Call>>,
  { rounds, milliseconds }: ComparePlan,
): Promise<Record<Peer, number>> {
  const calls: Record<string, Call> = { ...peers, ours };
  const counts: Record<string, number> = {};
  for (const [name, call] of Object.entries(calls)) {
    const perCall = await warmUp(call);
    counts[name] = Math.max(1, Math.ceil(milliseconds / perCall));
  }
  const tasks = Object.fromEntries(
    Object.entries(calls).map(([name, call]) => [
      name,
      async () => {
        for (let count = counts[name] as number; count > 0; count -= 1) {
          const result = call();
          if (result instanceof Promise) await result;
        }
      },
    ]),
  );
  const times = await timeInterleaved(tasks, rounds);
  const perCall = (name: string) => (times[name] ?? []).map((time) => time / (counts[name] as number));
  const own = perCall('ours');
  return Object.fromEntries(
    Object.keys(peers).map((peer) => [peer, medianRatio(perCall(peer), own)]),
  ) as Record<Peer, number>;
}

/** Runs a call until it is at full speed; gives the milliseconds of one. */
async function warmUp(call: Call): Promise<number> {
  await call();
  let count = 0;
  const start = performance.now();
  while (performance.now() - start < warmUpMilliseconds || count < 3) {
    const result = call();
    if (result instanceof Promise) await result;
    count += 1;
    if (count % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return (performance.now() - start) / count;
}
