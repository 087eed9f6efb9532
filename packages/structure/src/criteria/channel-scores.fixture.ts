import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Combine, channelScores } from '../channel-scores.js';
import { structureOf } from '../structure.js';
import type { TraceOptions } from '../tracing.js';
import type { Criterion } from './criterion.js';

/** How scores are asked for. */
export interface Asked extends TraceOptions {
  readonly combine?: Combine;
}

/** The scores of the groups of which something can go, by name. */
export async function scoresOf(
  model: LayersModel,
  criterion: Criterion,
  { combine = 'mean', ...options }: Asked = {},
): Promise<Record<string, number[]>> {
  const structure = structureOf(model, options);
  const scores = await channelScores(model, structure, criterion, combine);
  return Object.fromEntries(
    structure.groups.flatMap(({ name, prunable }, index) =>
      prunable.length === 0 ? [] : [[name, [...(scores[index] as Float64Array)]]],
    ),
  );
}
