import { startBackends } from '../backends.js';
import type { Row } from '../row.js';
import { coldRows } from './cold-rows.js';
import { gridRows } from './grid-rows.js';
import { layerRows } from './layer-rows.js';
import { modelRows } from './model-rows.js';
import { peakRows } from './peak-rows.js';

type Part = 'layers' | 'cold' | 'models' | 'peak' | 'grid';

/** The parts of the benchmark. */
export const sparseParts: Readonly<Record<Part, (quick: boolean) => Promise<Row[]>>> = {
  layers: layerRows,
  cold: coldRows,
  models: modelRows,
  peak: peakRows,
  grid: gridRows,
};

/** What the benchmark of sparse kernels is asked for. */
export interface SparseOptions {
  /** Few rounds of few cases. */
  readonly quick?: boolean;
  /** One part alone. */
  readonly only?: Part;
}

/** Sparse kernels and models against peers, one thread each: `ratio` is a peer's time over ours. */
export async function sparse({ quick = false, only }: SparseOptions): Promise<Row[]> {
  await startBackends();
  const rows: Row[] = [];
  for (const [part, run] of Object.entries(sparseParts)) {
    if (only === undefined || part === only) rows.push(...(await run(quick)));
  }
  return rows;
}
