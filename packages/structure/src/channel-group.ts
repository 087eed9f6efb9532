import type { Barrier } from './barrier.js';
import type { AxisRole } from './rule.js';
import type { ModelTrace } from './tracing.js';

/** A layer that makes channels of a group. */
export interface GroupProducer {
  /** The layer's path: its name, preceded by those of the models around it, as in `encoder/dense_1`. */
  readonly layer: string;
  /** For each unit of the layer, in order: the index of its channel in the group. */
  readonly units: readonly number[];
}

/** An axis of a weight along which channels of a group lie. */
export interface GroupMember {
  /** The layer's path. */
  readonly layer: string;
  /** The last part of the weight's name: `kernel`. */
  readonly weight: string;
  /** The axis of the weight. */
  readonly axis: number;
  /** Whether the weight makes the channels, reads them, or belongs to channels that pass by. */
  readonly role: AxisRole;
  /** For each index along the axis: the index of its channel in the group, or -1 where it belongs to another group. */
  readonly channels: readonly number[];
}

/** Channels whose layers are bound together: removing one of them changes every member. */
export interface ChannelGroup {
  /** The path of the first layer that makes its channels. */
  readonly name: string;
  /** How many channels it has. */
  readonly channels: number;
  /** The indices of the channels that can be removed. */
  readonly prunable: readonly number[];
  /** What keeps the others in the model. */
  readonly barriers: readonly Barrier[];
  /** The layers that make its channels. */
  readonly producers: readonly GroupProducer[];
  /** The weights that its channels lie in. */
  readonly members: readonly GroupMember[];
}

/** A group with the number of each channel in the model. */
export interface NumberedGroup extends ChannelGroup {
  readonly numbers: readonly number[];
}

/** The layers that make channels, and the numbers of these. */
interface Producer {
  readonly layer: string;
  readonly numbers: readonly number[];
}

/** The groups of a traced model, in the order of their first layers. */
export function groupsOf(
  trace: ModelTrace,
  channelOf: (id: number) => number,
  barriers: readonly (readonly Barrier[])[],
): NumberedGroup[] {
  const clusters = clustersOf(producersOf(trace, channelOf));
  const placeOf = new Map<number, { group: number; index: number }>();
  const numbersOf = clusters.map((producers, group) => {
    const numbers = [...new Set(producers.flatMap((producer) => producer.numbers))];
    numbers.forEach((number, index) => {
      placeOf.set(number, { group, index });
    });
    return numbers;
  });
  const members = membersOf(trace, channelOf, placeOf, clusters.length);
  return clusters.map((producers, group) => {
    const numbers = numbersOf[group] as number[];
    const indexOf = (number: number) => placeOf.get(number)?.index as number;
    return {
      name: (producers[0] as Producer).layer,
      channels: numbers.length,
      prunable: [...numbers.keys()].filter((index) => barriers[numbers[index] as number]?.length === 0),
      barriers: [...new Set(numbers.flatMap((number) => barriers[number] ?? []))],
      producers: producers.map((producer) => ({
        layer: producer.layer,
        units: producer.numbers.map(indexOf),
      })),
      members: members[group] as GroupMember[],
      numbers,
    };
  });
}

function producersOf(trace: ModelTrace, channelOf: (id: number) => number): Producer[] {
  const producers: Producer[] = [];
  for (const { path, channels } of trace.layers.values()) {
    if (channels.units === undefined) continue;
    const numbers = Array.from(channels.units, channelOf);
    // The two directions of Bidirectional are one layer to a plan.
    const isKnown = ({ layer, numbers: known }: Producer) =>
      layer === path && known.join() === numbers.join();
    if (!producers.some(isKnown)) producers.push({ layer: path, numbers });
  }
  return producers;
}

/** Producers that have a channel in common, directly or through others. */
function clustersOf(producers: readonly Producer[]): Producer[][] {
  const clusters = new Set<Producer[]>();
  const clusterOf = new Map<number, Producer[]>();
  for (const producer of producers) {
    const met = new Set(producer.numbers.map((number) => clusterOf.get(number)));
    const touching = [...clusters].filter((cluster) => met.has(cluster));
    const home = [...touching.flat(), producer];
    for (const cluster of touching) clusters.delete(cluster);
    clusters.add(home);
    for (const { numbers } of home) for (const number of numbers) clusterOf.set(number, home);
  }
  const first = (cluster: readonly Producer[]) => producers.indexOf(cluster[0] as Producer);
  return [...clusters].sort((a, b) => first(a) - first(b));
}

function membersOf(
  trace: ModelTrace,
  channelOf: (id: number) => number,
  placeOf: ReadonlyMap<number, { group: number; index: number }>,
  groups: number,
): GroupMember[][] {
  const members: GroupMember[][] = Array.from({ length: groups }, () => []);
  for (const { path, variables } of trace.layers.values()) {
    for (const { name, axes } of variables) {
      axes.forEach((weightAxis, axis) => {
        if (weightAxis === null) return;
        const places = Array.from(weightAxis.channels, (id) => placeOf.get(channelOf(id)));
        for (const group of new Set(places.flatMap((place) => place?.group ?? []))) {
          const channels = places.map((place) => (place?.group === group ? place.index : -1));
          members[group]?.push({ layer: path, weight: name, axis, role: weightAxis.role, channels });
        }
      });
    }
  }
  return members;
}
