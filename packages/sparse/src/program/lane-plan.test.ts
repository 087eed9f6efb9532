import { describe, expect, it } from 'vitest';
import { planLanes } from './lane-plan.js';
import type { LoweredProgram, NodeSteps } from './lowered-program.js';

const cheap = 1_000;
const dear = 1_000_000;

function planOf(
  costs: readonly number[],
  scans: Readonly<Record<number, readonly number[]>>,
  lanes: 1 | 2,
): string {
  const steps = costs.map((cost) => ({ steps: [{}], cost }) as unknown as NodeSteps);
  const program = { steps } as unknown as LoweredProgram;
  const plan = planLanes(
    program,
    new Map(Object.entries(scans).map(([index, ids]) => [Number(index), ids])),
    lanes,
  );
  return plan.map((item) => (item.kind === 'step' ? (item.isShared ? 'both' : 'one') : item.kind)).join(' ');
}

describe('planLanes', () => {
  it('has no barriers for one lane, nor for steps that are too short to share', () => {
    expect(planOf([dear, cheap], { 0: [0] }, 1)).toBe('scan check one one');
    expect(planOf([cheap, cheap], { 0: [0] }, 2)).toBe('scan check one one');
  });

  it('lets lanes meet where one needs what the other did, and no more', () => {
    expect(planOf([dear], {}, 2)).toBe('both barrier');
    expect(planOf([dear, dear], {}, 2)).toBe('both barrier both barrier');
    expect(planOf([cheap, cheap, dear, cheap], {}, 2)).toBe('one one barrier both barrier one');
    expect(planOf([dear, cheap, cheap, dear], {}, 2)).toBe('both barrier one one barrier both barrier');
  });

  it('lets lanes meet around a scan', () => {
    expect(planOf([dear, cheap], { 0: [0] }, 2)).toBe('scan barrier check both barrier one');
    expect(planOf([cheap, dear], { 1: [0] }, 2)).toBe('one barrier scan barrier check both barrier');
  });
});
