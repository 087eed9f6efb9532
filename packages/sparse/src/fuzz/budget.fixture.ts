import { env } from 'node:process';

/** How many random cases a test has, and from which seed they come: more by FUZZ_FACTOR=20, others by FUZZ_SEED=6. */
export function budget(runs: number): { readonly seed: number; readonly numRuns: number } {
  return { seed: Number(env.FUZZ_SEED ?? 5), numRuns: Math.ceil(runs * Number(env.FUZZ_FACTOR ?? 1)) };
}
