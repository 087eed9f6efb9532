import type { NumberedGroup } from './channel-group.js';
import { countMacs, countParameters, type Removal, type Structure } from './structure.js';
import { StructureError } from './structure-error.js';

/** What one layer loses. */
export interface PlannedLayer {
  /** The layer's path. */
  readonly layer: string;
  /** How many units it has before. */
  readonly units: number;
  /** The indices of the units that go, ascending. */
  readonly remove: readonly number[];
}

/** How big a model is. */
export interface StructureSize {
  /** Parameters, trainable or not. */
  readonly parameters: number;
  /** Multiply-adds on one example. */
  readonly macs: number;
}

/** What is to be removed from a model, as data: it can be stored as JSON, and carried out on any copy of the model. */
export interface StructurePlan {
  /** Tells the format. */
  readonly kind: 'secateur.structure-plan';
  /** The version of the format. */
  readonly version: 1;
  /** Every layer that loses units. */
  readonly layers: readonly PlannedLayer[];
  /** The model's size before. */
  readonly before: StructureSize;
  /** The model's size after. */
  readonly after: StructureSize;
}

/** A plan written by hand: what is bound to the listed units goes with them. */
export type GivenPlan = Pick<StructurePlan, 'layers'> & Partial<StructurePlan>;

/** The size of a model without the removed channels. */
export function sizeWithout(structure: Structure, removed: Removal): StructureSize {
  return { parameters: countParameters(structure, removed), macs: countMacs(structure, removed) };
}

/** Nothing is removed. */
export function noRemoval(structure: Structure): Removal {
  return new Uint8Array(structure.barriers.length);
}

/** The plan that removes these channels. */
export function planOf(structure: Structure, removed: Removal): StructurePlan {
  const layers = structure.groups.flatMap((group) =>
    group.producers.flatMap(({ layer, units }) => {
      const remove = [...units.keys()].filter((unit) => removed[numberOf(group, units, unit)] === 1);
      return remove.length === 0 ? [] : [{ layer, units: units.length, remove }];
    }),
  );
  return {
    kind: 'secateur.structure-plan',
    version: 1,
    layers,
    before: sizeWithout(structure, noRemoval(structure)),
    after: sizeWithout(structure, removed),
  };
}

/**
 * The channels that a plan removes.
 *
 * @throws StructureError when the plan is malformed, doesn't fit the model, or removes what can't go.
 */
export function removalOf(structure: Structure, plan: GivenPlan): Removal {
  const removed = noRemoval(structure);
  for (const { layer, units: count, remove } of checkedLayers(plan)) {
    const group = structure.groups.find(({ producers }) => producers.some((one) => one.layer === layer));
    const units = group?.producers.find((one) => one.layer === layer)?.units;
    if (group === undefined || units === undefined) throw unknownLayer(structure, layer);
    if (units.length !== count) {
      throw fault(
        `"${layer}" has ${count} units in the plan, but ${units.length} in the model`,
        count,
        layer,
      );
    }
    for (const unit of remove) {
      if (unit >= count) throw fault(`"${layer}" has ${count} units: there is no unit ${unit}`, unit, layer);
      const number = numberOf(group, units, unit);
      const [barrier] = structure.barriers[number] ?? [];
      if (barrier !== undefined) {
        throw fault(
          `unit ${unit} of "${layer}" can't be removed: ${barrier.layer}: ${barrier.message}`,
          unit,
          barrier.layer,
        );
      }
      removed[number] = 1;
    }
  }
  checkSomeStay(structure, removed);
  return removed;
}

/** Throws StructureError when a layer would be left without units. */
function checkSomeStay({ groups }: Structure, removed: Removal): void {
  for (const group of groups) {
    for (const { layer, units } of group.producers) {
      if (units.every((_, unit) => removed[numberOf(group, units, unit)] === 1)) {
        throw fault(
          `all ${units.length} units of "${layer}" would go; a layer keeps at least one`,
          units.length,
          layer,
        );
      }
    }
  }
}

/** A removal that leaves every layer a unit: the best of those that were to go, the first among equals. */
export function someStay(
  { groups }: Structure,
  removed: Removal,
  scoreOf: (channel: number) => number = () => 0,
): Removal {
  const result = removed.slice();
  for (const group of groups) {
    for (const { units } of group.producers) {
      const channels = units.map((_, unit) => numberOf(group, units, unit));
      if (!channels.every((channel) => result[channel] === 1)) continue;
      result[channels.reduce((best, channel) => (scoreOf(channel) > scoreOf(best) ? channel : best))] = 0;
    }
  }
  return result;
}

function numberOf(group: NumberedGroup, units: readonly number[], unit: number): number {
  return group.numbers[units[unit] as number] as number;
}

function checkedLayers(plan: unknown): readonly PlannedLayer[] {
  const { kind, version, layers } = (plan ?? {}) as Partial<Record<keyof StructurePlan, unknown>>;
  if (kind !== undefined && kind !== 'secateur.structure-plan')
    throw fault('it is not a structure plan', kind);
  if (version !== undefined && version !== 1) throw fault('only version 1 of the format is known', version);
  if (!Array.isArray(layers)) throw fault('layers must be a list of {layer, units, remove}', layers);
  const seen = new Set<string>();
  return layers.map((entry: unknown) => {
    const { layer, units, remove } = (entry ?? {}) as Partial<Record<keyof PlannedLayer, unknown>>;
    if (typeof layer !== 'string') throw fault('the layer of an entry must be a path', layer);
    if (seen.has(layer)) throw fault(`"${layer}" is listed twice`, layer, layer);
    seen.add(layer);
    if (!isCount(units) || units === 0)
      throw fault(`the units of "${layer}" must be an integer above 0`, units, layer);
    if (!Array.isArray(remove) || ![...remove].every(isCount)) {
      throw fault(`what to remove from "${layer}" must be a list of integers of at least 0`, remove, layer);
    }
    return { layer, units, remove };
  });
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function unknownLayer({ trace, groups }: Structure, layer: string): StructureError {
  const exists = [...trace.layers.values()].some(({ path }) => path === layer);
  const names = groups.map(({ name }) => name).join(', ');
  return exists
    ? fault(`"${layer}" makes no channels of its own; those that do: ${names}`, layer, layer)
    : fault(`the model has no layer "${layer}"; those that make channels: ${names}`, layer, layer);
}

function fault(message: string, value: unknown, layer?: string): StructureError {
  return new StructureError(`plan: ${message}`, {
    option: 'plan',
    value,
    ...(layer !== undefined && { layer }),
  });
}
