import type { ValueId } from '../graph/graph.js';
import type { GraphNodeLike } from './graph-model-like.js';
import type { NativeNode } from './imported-model.js';

/** A node of a graph that tfjs runs. */
export interface ForeignOp {
  readonly kind: 'op';
  readonly node: GraphNodeLike;
  readonly reason: string;
  /** What it reads: under which name, and which value that is. */
  readonly feeds: ReadonlyMap<string, ValueId>;
  /** The values that are read of it, by name. */
  readonly fetches: Map<string, ValueId>;
}

/** Nodes of a graph that tfjs runs in one go. */
export interface ForeignGroup {
  readonly kind: 'group';
  readonly ops: readonly ForeignOp[];
  readonly feeds: ReadonlyMap<string, ValueId>;
  readonly fetches: ReadonlyMap<string, ValueId>;
}

/**
 * Puts nodes that tfjs runs into as few groups as can be: those that wait for the same kernels of ours. Gives all steps in
 * an order in which they can run.
 */
export function groupForeign(
  items: readonly (NativeNode | ForeignOp)[],
  outputs: readonly ValueId[],
): (NativeNode | ForeignGroup)[] {
  // Even stages are ours, odd ones are those of tfjs.
  const stageOf = new Map<ValueId, number>();
  const stages: (NativeNode | ForeignOp)[][] = [];
  for (const item of items) {
    const isOp = item.kind === 'op';
    const inputs = isOp ? [...item.feeds.values()] : item.inputs;
    const ready = Math.max(0, ...inputs.map((id) => stageOf.get(id) ?? 0));
    const stage = ready % 2 === (isOp ? 1 : 0) ? ready : ready + 1;
    for (const id of isOp ? item.fetches.values() : [item.output]) stageOf.set(id, stage);
    while (stages.length <= stage) stages.push([]);
    stages[stage]?.push(item);
  }
  const read = new Set([...outputs, ...items.flatMap((item) => (item.kind === 'op' ? [] : item.inputs))]);
  const groups = stages.map((stage) => stage.filter((item) => item.kind === 'op'));
  for (const ops of groups) for (const id of outerFeeds(ops).values()) read.add(id);
  return stages.flatMap((stage, index): (NativeNode | ForeignGroup)[] => {
    const ops = groups[index] ?? [];
    if (ops.length === 0) return stage.filter((item) => item.kind === 'native');
    const fetches = ops.flatMap((op) => [...op.fetches]).filter(([, id]) => read.has(id));
    return [{ kind: 'group', ops, feeds: outerFeeds(ops), fetches: new Map(fetches) }];
  });
}

/** What some nodes read and don't compute. */
function outerFeeds(ops: readonly ForeignOp[]): Map<string, ValueId> {
  const made = new Set(ops.flatMap(({ fetches }) => [...fetches.values()]));
  return new Map(ops.flatMap(({ feeds }) => [...feeds]).filter(([, id]) => !made.has(id)));
}
