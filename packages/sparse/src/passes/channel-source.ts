import type { ValueId } from '../graph/graph.js';
import type { Operation } from '../graph/operation.js';
import type { NativeNode } from '../import/imported-model.js';
import type { ModelEdit } from './model-edit.js';

/** How many channels an operation gives, where it alone tells. */
function channelsGiven(operation: Operation): number | undefined {
  if (operation.kind === 'convolution' || operation.kind === 'product') return operation.weights.shape[3];
  if (operation.kind === 'depthwise') return operation.channels * operation.multiplier;
  return operation.kind === 'affine' ? operation.scale.length : undefined;
}

/**
 * The node that makes a value which only one node reads, seen through reshapes: what is done to its elements may as well
 * be done by it. If it is done per channel, the reshapes must keep the channels.
 */
export function sourceOf(edit: ModelEdit, id: ValueId, isPerChannel: boolean): NativeNode | undefined {
  const lastSizes: number[] = [];
  let value = id;
  for (;;) {
    const node = edit.maker(value);
    if (node === undefined || !edit.hasOneReader(value)) return undefined;
    const { operation, inputs } = edit.current(node);
    if (operation.kind !== 'reshape') {
      const channels = channelsGiven(operation);
      return !isPerChannel || lastSizes.every((size) => size === channels) ? node : undefined;
    }
    lastSizes.push(operation.shape.at(-1) ?? 1);
    value = inputs[0] ?? value;
  }
}
