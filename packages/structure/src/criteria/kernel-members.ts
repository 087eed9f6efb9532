import type { AxisRole } from '../rule.js';
import { StructureError } from '../structure-error.js';
import type { ScoredGroup, ScoredMember } from './criterion.js';

/** Which weights a criterion of kernels looks at. */
export interface KernelOptions {
  /**
   * The roles of the kernels that count: `out` for those that make the channels, `in` for those that read them, `through`
   * for those that channels pass by, as in a depthwise convolution. Default `['out']`. A channel that no such kernel has,
   * as a feature of the model's input, goes by those that it has, in the order `out`, `in`, `through`.
   */
  readonly roles?: readonly AxisRole[];
}

const allRoles: readonly AxisRole[] = ['out', 'in', 'through'];

/** The checked roles. */
export function checkedRoles({ roles = ['out'] }: KernelOptions): readonly AxisRole[] {
  if (!Array.isArray(roles) || roles.length === 0 || !roles.every((role) => allRoles.includes(role))) {
    throw new StructureError(
      `roles must be a list of 'out', 'in' and 'through', with one at least, but is ${JSON.stringify(roles)}`,
      { option: 'roles', value: roles },
    );
  }
  return [...roles];
}

/** The kernels (weights of two axes or more) that count for a group; -1 where they don't count for a channel. */
export function kernelMembers({ group, members }: ScoredGroup, roles: readonly AxisRole[]): ScoredMember[] {
  const kernels = members.filter(({ shape }) => shape.length > 1);
  const scored = new Uint8Array(group.channels);
  return [roles, ...allRoles.map((role) => [role])].flatMap((counted) => {
    const before = scored.slice();
    return kernels.flatMap((member) => {
      if (!counted.includes(member.role)) return [];
      const channels = member.channels.map((channel) => (before[channel] === 0 ? channel : -1));
      for (const channel of channels) if (channel >= 0) scored[channel] = 1;
      return channels.some((channel) => channel >= 0) ? [{ ...member, channels }] : [];
    });
  });
}
