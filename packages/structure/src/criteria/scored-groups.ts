import type { Structure } from '../structure.js';
import type { ScoredGroup, ScoredMember } from './criterion.js';

/** The groups of which something can go, with their members. */
export function scoredGroups({ trace, groups, channelOf }: Structure): ScoredGroup[] {
  const placeOf = new Map<number, { members: ScoredMember[]; index: number }>();
  const scored = groups.flatMap((group) => {
    if (group.prunable.length === 0) return [];
    const members: ScoredMember[] = [];
    group.numbers.forEach((number, index) => {
      placeOf.set(number, { members, index });
    });
    return [{ group, members }];
  });
  for (const layer of trace.layers.values()) {
    for (const { variable, name, axes } of layer.variables) {
      axes.forEach((weightAxis, axis) => {
        if (weightAxis === null) return;
        const { role, stops = false } = weightAxis;
        const places = Array.from(weightAxis.channels, (id) => placeOf.get(channelOf(id)));
        for (const members of new Set(
          places.flatMap((place) => (place === undefined ? [] : [place.members])),
        )) {
          const channels = Int32Array.from(places, (place) =>
            place?.members === members ? place.index : -1,
          );
          const shape = variable.shape as number[];
          members.push({ layer, variable, weight: name, shape, axis, role, stops, channels });
        }
      });
    }
  }
  return scored;
}
