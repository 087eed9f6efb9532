import type { AxisRole } from '../rule.js';
import { StructureError } from '../structure-error.js';
import type { ChannelCriterion, ScoredGroup, ScoredMember } from './criterion.js';

/** Options of the criteria that look at kernels: weights of two axes or more. */
export interface KernelOptions {
  /**
   * The roles of the kernels that count: `out` for those that make the channels, `in` for those that read them, `through`
   * for those that channels pass by, as in a depthwise convolution. Default `['out']`. A channel that no such kernel has,
   * as a feature of the model's input, goes by those that it has, in the order `out`, `in`, `through`.
   */
  readonly roles?: readonly AxisRole[];
}

const allRoles: readonly AxisRole[] = ['out', 'in', 'through'];

/** A criterion that scores the channels of one kernel at a time: NaN for a channel that isn't in it. */
export function kernelCriterion(
  kind: string,
  options: KernelOptions,
  scores: (values: Float32Array, member: ScoredMember, channels: number) => Float64Array,
): ChannelCriterion {
  const roles = checkedRoles(options);
  return {
    kind,
    prepare: async ({ read }) => {
      return async (group) => {
        const parts: Float64Array[] = [];
        for (const member of kernelMembers(group, roles)) {
          parts.push(scores(await read(member), member, group.group.channels));
        }
        return parts;
      };
    },
  };
}

function checkedRoles({ roles = ['out'] }: KernelOptions): readonly AxisRole[] {
  if (!Array.isArray(roles) || roles.length === 0 || !roles.every((role) => allRoles.includes(role))) {
    throw new StructureError(
      `roles must be a list of one or more of 'out', 'in' and 'through', but is ${JSON.stringify(roles)}`,
      { option: 'roles', value: roles },
    );
  }
  return [...roles];
}

/** The kernels that count for a group, with -1 for the channels for which they don't count. */
function kernelMembers({ group, members }: ScoredGroup, roles: readonly AxisRole[]): ScoredMember[] {
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
