import { type NamedTensorMap, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { ForeignGroup } from './foreign-groups.js';
import type { GraphModelLike, GraphNodeLike } from './graph-model-like.js';
import type { ForeignNode } from './imported-model.js';

/** Ops whose results tfjs waits for. */
const waiting: ReadonlySet<string> = new Set(['If', 'StatelessIf', 'While', 'StatelessWhile']);

/** Whether tfjs runs a node by `executeAsync` alone. */
export function isAsync({ op, category }: GraphNodeLike): boolean {
  return category === 'dynamic' || waiting.has(op);
}

/** Whether a node works on more than tensors, so that a graph can't be cut beside it. */
export function isUncuttable({ op, category }: GraphNodeLike): boolean {
  return category === 'hash_table' || (category === 'control' && !waiting.has(op));
}

/** A group of nodes as a step. */
export function foreignNode(model: GraphModelLike, { ops, feeds, fetches }: ForeignGroup): ForeignNode {
  const [first] = ops;
  const others = ops.length === 1 ? '' : ` and ${ops.length - 1} more`;
  return {
    kind: 'foreign',
    name: `${first?.node.name}${others}`,
    layers: ops.map(({ node }) => node.name),
    inputs: [...feeds.values()],
    outputs: [...fetches.values()],
    reason: [...new Set(ops.map(({ reason }) => reason))].join('; '),
    ...runner(
      model,
      [...feeds.keys()],
      [...fetches.keys()],
      ops.some(({ node }) => isAsync(node)),
    ),
  };
}

/** Runs the part of a graph between some values, given by name. */
export function runner(
  model: GraphModelLike,
  feeds: readonly string[],
  fetches: readonly string[],
  isAwaited: boolean,
): Pick<ForeignNode, 'run' | 'runAsync'> {
  const named = (given: readonly Tensor[]): NamedTensorMap =>
    Object.fromEntries(feeds.map((name, index) => [name, given[index] as Tensor]));
  return {
    run: (given) => tidy(() => owned(model.execute(named(given), [...fetches]), given)),
    ...(isAwaited && {
      runAsync: async (given: readonly Tensor[]) =>
        owned(await model.executeAsync(named(given), [...fetches]), given),
    }),
  };

  /** What was computed, and copies of what belongs to others. */
  function owned(result: Tensor | Tensor[], given: readonly Tensor[]): Tensor[] {
    const taken = new Set([...given, ...Object.values(model.weights).flat()]);
    return [result].flat().map((tensor) => {
      const own = taken.has(tensor) ? tensor.clone() : tensor;
      taken.add(own);
      return own;
    });
  }
}
