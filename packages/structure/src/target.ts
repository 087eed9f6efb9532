import { countMacs, countParameters, type Removal, type Structure } from './structure.js';
import { StructureError } from './structure-error.js';

/** What a target is measured in, apart from time. */
export type CostMeasure = 'parameters' | 'macs' | 'channels';

/** How small the model is to be: the fraction, above 0 and up to 1, that is kept of one measure of the given model. */
export type StructureTarget =
  | {
      /** Of the parameters, trainable or not. */
      readonly parameters: number;
    }
  | {
      /** Of the multiply-adds on one example. */
      readonly macs: number;
    }
  | {
      /** Of the channels that can be removed. */
      readonly channels: number;
    }
  | {
      /** Of the time that a prediction takes, measured on the current backend. */
      readonly latency: number;
    };

/** A checked target. */
export interface Target {
  readonly measure: CostMeasure | 'latency';
  readonly kept: number;
}

const measures: readonly string[] = ['parameters', 'macs', 'channels', 'latency'];

/** Reads a target. Throws StructureError when it isn't one. */
export function checkedTarget(target: unknown): Target {
  const entries = typeof target === 'object' && target !== null ? Object.entries(target) : [];
  const [measure, kept] = entries[0] ?? [];
  if (entries.length !== 1 || measure === undefined || !measures.includes(measure)) {
    throw new StructureError(
      `target must be one of { parameters }, { macs }, { channels } and { latency }, but is ${JSON.stringify(target)}`,
      { option: 'target', value: target },
    );
  }
  if (typeof kept !== 'number' || !(kept > 0 && kept <= 1)) {
    throw new StructureError(
      `target.${measure} must be a fraction above 0 and up to 1, but is ${String(kept)}`,
      {
        option: `target.${measure}`,
        value: kept,
      },
    );
  }
  return { measure: measure as Target['measure'], kept };
}

/** How much of a measure a model has without the removed channels. `channels` counts those that could go. */
export function costOf(structure: Structure, removed: Removal, measure: CostMeasure): number {
  if (measure === 'parameters') return countParameters(structure, removed);
  if (measure === 'macs') return countMacs(structure, removed);
  let channels = 0;
  for (const { prunable, numbers } of structure.groups) {
    for (const index of prunable) if (removed[numbers[index] as number] !== 1) channels++;
  }
  return channels;
}
