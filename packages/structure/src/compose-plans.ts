import type { PlannedLayer, StructurePlan } from './plan.js';
import type { SelectedInput } from './shrink.js';

/** The indices up to `count` that are not in a list. */
function others(count: number, listed: readonly number[]): number[] {
  const set = new Set(listed);
  return Array.from({ length: count }, (_, index) => index).filter((index) => !set.has(index));
}

/** The plan that removes at once what `first` removes of a model, and `second` of what is left. */
export function composePlans(first: StructurePlan, second: StructurePlan): StructurePlan {
  const composed = new Map<string, PlannedLayer>(first.layers.map((entry) => [entry.layer, entry]));
  for (const { layer, units, remove } of second.layers) {
    const earlier = composed.get(layer) ?? { layer, units, remove: [] };
    const left = others(earlier.units, earlier.remove);
    const all = [...earlier.remove, ...remove.map((unit) => left[unit] as number)].sort((a, b) => a - b);
    composed.set(layer, { layer, units: earlier.units, remove: all });
  }
  return { ...second, layers: [...composed.values()], before: first.before };
}

/** The features of the original inputs that are left after a second selection. */
export function composeInputs(
  first: readonly SelectedInput[],
  second: readonly SelectedInput[],
): readonly SelectedInput[] {
  const composed = new Map(first.map((entry) => [entry.layer, entry]));
  for (const entry of second) {
    const earlier = composed.get(entry.layer);
    const indices = entry.indices.map((index) => earlier?.indices[index] ?? index);
    composed.set(entry.layer, { ...entry, features: earlier?.features ?? entry.features, indices });
  }
  return [...composed.values()];
}
