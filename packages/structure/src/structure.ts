import type { Container } from '@secateur/layers';
import type { Barrier } from './barrier.js';
import { groupsOf, type NumberedGroup } from './channel-group.js';
import type { AxisChannels } from './channels.js';
import type { Product } from './rule.js';
import { traceModel } from './trace.js';
import type { ModelTrace, TraceOptions } from './tracing.js';

/** A model's channels, numbered. Ids that go together have one number. */
export interface Structure {
  readonly trace: ModelTrace;
  readonly groups: readonly NumberedGroup[];
  /** The number of the channel of an id. */
  readonly channelOf: (id: number) => number;
  /** What keeps each channel in the model, by number. */
  readonly barriers: readonly (readonly Barrier[])[];
}

/** Which channels go: 1 at their numbers. */
export type Removal = Uint8Array;

/** Follows a model's channels and numbers them. */
export function structureOf(model: Container, options: TraceOptions = {}): Structure {
  const trace = traceModel(model, options);
  const { tracker } = trace;
  const numberOf = new Map<number, number>();
  const barriers: (readonly Barrier[])[] = [];
  const numbers = Int32Array.from({ length: tracker.size }, (_, id) => {
    const root = tracker.find(id);
    const number = numberOf.get(root) ?? barriers.push(tracker.barriers(root)) - 1;
    numberOf.set(root, number);
    return number;
  });
  const channelOf = (id: number) => numbers[id] as number;
  return { trace, groups: groupsOf(trace, channelOf, barriers), channelOf, barriers };
}

/** The indices along an axis that stay. */
export function keptIndices(axis: Int32Array, { channelOf }: Structure, removed: Removal): Int32Array {
  return Int32Array.from(axis.keys()).filter((index) => removed[channelOf(axis[index] as number)] !== 1);
}

/** How many indices along an axis stay. */
export function keptCount(axis: Int32Array, { channelOf }: Structure, removed: Removal): number {
  let count = 0;
  for (const id of axis) if (removed[channelOf(id)] !== 1) count++;
  return count;
}

/** Parameters, trainable or not, of the model without the removed channels. */
export function countParameters(structure: Structure, removed: Removal): number {
  let total = 0;
  for (const { variables } of structure.trace.layers.values()) {
    for (const { variable, axes } of variables) {
      total += axes.reduce(
        (size, axis, index) =>
          size *
          (axis === null ? (variable.shape[index] as number) : keptCount(axis.channels, structure, removed)),
        1,
      );
    }
  }
  return total;
}

/** Multiply-adds on one example of the model without the removed channels. */
export function countMacs(structure: Structure, removed: Removal): number {
  const sizeOf = (factor: number | AxisChannels): number => {
    if (factor === null) return 1;
    return typeof factor === 'number' ? factor : keptCount(factor, structure, removed);
  };
  const value = (product: Product) => product.reduce<number>((size, factor) => size * sizeOf(factor), 1);
  return structure.trace.macs.reduce((total, product) => total + value(product), 0);
}
