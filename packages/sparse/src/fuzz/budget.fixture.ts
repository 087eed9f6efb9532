import { env } from 'node:process';

/** What fast-check is told. */
export interface Budget {
  readonly seed: number;
  readonly numRuns: number;
  readonly path?: string;
}

/**
 * How many random cases a test has, and from which seed they come. FUZZ_FACTOR=20 runs 20 times as many, FUZZ_SEED=6 others,
 * FUZZ_PATH the one whose path a failure tells.
 */
export function budget(runs: number): Budget {
  const { FUZZ_FACTOR = '1', FUZZ_SEED = '5', FUZZ_PATH: path } = env;
  const numRuns = Math.ceil(runs * Number(FUZZ_FACTOR));
  return { seed: Number(FUZZ_SEED), numRuns, ...(path !== undefined && { path }) };
}
