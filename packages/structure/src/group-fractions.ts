import type { NumberedGroup } from './channel-group.js';
import type { Structure } from './structure.js';
import { StructureError } from './structure-error.js';

/**
 * Fractions that are given by the paths of layers, by the groups of these.
 *
 * @throws StructureError when a layer makes no channels, a fraction is none, or two layers of a group have different ones.
 */
export function groupFractions(
  { groups }: Structure,
  option: string,
  fractions: Readonly<Record<string, number>>,
): Map<NumberedGroup, number> {
  const found = new Map<NumberedGroup, number>();
  for (const [layer, fraction] of Object.entries(fractions)) {
    const fault = (message: string) =>
      new StructureError(`${option}${message}`, { option, value: fraction, layer });
    const group = groups.find(({ producers }) => producers.some((producer) => producer.layer === layer));
    if (group === undefined) {
      const names = groups.map(({ name }) => name).join(', ');
      throw fault(`: "${layer}" makes no channels; the layers that do: ${names}`);
    }
    if (!isFraction(fraction)) throw fault(`["${layer}"] must be in [0, 1], but is ${String(fraction)}`);
    const known = found.get(group);
    if (known !== undefined && known !== fraction) {
      throw fault(`: "${layer}" goes together with "${group.name}", so they can't differ`);
    }
    found.set(group, fraction);
  }
  return found;
}

/** Whether a value is a number in [0, 1]. */
export function isFraction(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
