import type { ValueId } from '../graph/graph.js';
import type { LoweredProgram } from './lowered-program.js';
import type { Step } from './lowering.js';

/** What a lane does next. */
export type LaneItem =
  /** Each lane looks whether a value is finite. */
  | { readonly kind: 'scan'; readonly id: ValueId }
  /** Each lane stops if the value wasn't. */
  | { readonly kind: 'check' }
  /** Each lane computes half of the units, or the first lane all of them. */
  | { readonly kind: 'step'; readonly step: Step; readonly isShared: boolean }
  /** Each lane waits for the other. */
  | { readonly kind: 'barrier' };

/** Nanoseconds of work from which two lanes are worth their waiting for each other. */
const worthSharing = 20_000;

/** The scans and steps of a program in order, with the barriers that two lanes need between them. */
export function planLanes(
  { steps: nodes }: LoweredProgram,
  scans: ReadonlyMap<number, readonly ValueId[]>,
  lanes: 1 | 2,
): LaneItem[] {
  const isShared = (cost: number) => lanes === 2 && cost >= worthSharing;
  const areNeeded = nodes.some(({ cost }) => isShared(cost));
  const items: LaneItem[] = [];
  // What was done last decides who may be behind.
  let behind = 'nobody' as 'nobody' | 'first' | 'either';
  const meet = () => {
    if (areNeeded && behind !== 'nobody') items.push({ kind: 'barrier' });
    behind = 'nobody';
  };
  nodes.forEach(({ cost, steps }, index) => {
    for (const id of scans.get(index) ?? []) {
      meet();
      items.push({ kind: 'scan', id });
      // Until both have looked, neither may go on to overwrite what the other reads.
      behind = 'either';
      meet();
      items.push({ kind: 'check' });
    }
    for (const step of steps) {
      if (isShared(cost) || behind === 'either') meet();
      items.push({ kind: 'step', step, isShared: isShared(cost) });
      behind = isShared(cost) ? 'either' : 'first';
    }
  });
  // The first lane gives the outputs back, so it waits for the second one, not the other way round.
  if (behind === 'either') meet();
  return items;
}
