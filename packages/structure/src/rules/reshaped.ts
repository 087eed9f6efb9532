import type { AxisChannels, Shape, TensorChannels } from '../channels.js';
import type { ChannelContext } from '../rule.js';

/** Axes `[from, to)` of the input that hold the same elements as axes `[outFrom, outTo)` of the output. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly outFrom: number;
  readonly outTo: number;
}

/**
 * The axes of a reshaped tensor. Elements are followed one by one, in row-major order. A tensor without some channels
 * has to be a box again, so where an axis is split, all channels that share an index of one of the new axes are bound
 * together; of the last axis, or of one before it where that leaves more to remove.
 */
export function reshaped(x: TensorChannels, shape: Shape, context: ChannelContext): AxisChannels[] {
  const axes: AxisChannels[] = shape.map(() => null);
  const blocks = blocksOf(x.shape, shape);
  if (blocks === undefined) {
    for (const axis of x.axes)
      context.fix(axis, 'reshaped', 'sizes that are not known are reshaped with them');
    return axes;
  }
  for (const block of blocks) {
    for (let axis = block.from; axis < block.to; axis++) {
      const channels = x.axes[axis];
      if (channels) carry(channels, axis, block, x.shape, shape, axes, context);
    }
  }
  return axes;
}

/** Puts the channels of one input axis on one output axis of the block. */
function carry(
  channels: Int32Array,
  axis: number,
  { from, to, outFrom, outTo }: Block,
  shapeIn: Shape,
  shapeOut: Shape,
  axes: AxisChannels[],
  context: ChannelContext,
): void {
  const count = sizeOf(shapeIn.slice(from, to));
  const channelAt = indexer(shapeIn, axis, to);
  const targets: number[] = [];
  for (let target = outTo - 1; target >= outFrom; target--) {
    const size = shapeOut[target] as number;
    const isOpen = axes[target] === null && size > 1;
    if (isOpen && !bindsAll(channels, size, count, channelAt, indexer(shapeOut, target, outTo)))
      targets.push(target);
  }
  const target = targets[targets.length > 1 ? context.choose(targets.length) : 0];
  if (target === undefined) {
    context.fix(channels, 'reshaped', 'a reshape spreads each of them over all of the new axes');
    return;
  }
  const targetAt = indexer(shapeOut, target, outTo);
  const sources = Array.from({ length: shapeOut[target] as number }, () => new Set<number>());
  for (let element = 0; element < count; element++) {
    sources[targetAt(element)]?.add(channels[channelAt(element)] as number);
  }
  axes[target] = sources.every(({ size }) => size === 1)
    ? Int32Array.from(sources, ([id]) => id as number)
    : context.deriveEach(sources.map((ids) => [...ids]));
}

/** The index along `axis` of an element, counted within the block that ends before axis `end`. */
function indexer(shape: Shape, axis: number, end: number): (element: number) => number {
  const stride = sizeOf(shape.slice(axis + 1, end));
  const size = shape[axis] as number;
  return (element) => Math.floor(element / stride) % size;
}

/** Whether binding the channels that share an index binds all of them, so that there would be one channel left. */
function bindsAll(
  channels: Int32Array,
  size: number,
  count: number,
  channelAt: (element: number) => number,
  targetAt: (element: number) => number,
): boolean {
  const parents = Int32Array.from({ length: size + channels.length }, (_, i) => i);
  const find = (node: number): number => {
    let root = node;
    while (parents[root] !== root) root = parents[root] = parents[parents[root] as number] as number;
    return root;
  };
  let components = parents.length;
  for (let element = 0; element < count && components > 1; element++) {
    const a = find(targetAt(element));
    const b = find(size + channelAt(element));
    if (a === b) continue;
    parents[a] = b;
    components--;
  }
  return components === 1;
}

/** The smallest runs of axes with the same number of elements, or undefined when a size is not known. */
function blocksOf(shapeIn: Shape, shapeOut: Shape): Block[] | undefined {
  const sizes = [...shapeIn.slice(1), ...shapeOut.slice(1)];
  const isKnown = sizes.every((size) => size !== null && size > 0);
  if (!isKnown || sizeOf(shapeIn.slice(1)) !== sizeOf(shapeOut.slice(1))) return undefined;
  const blocks: Block[] = [];
  let to = 1;
  let outTo = 1;
  while (to < shapeIn.length || outTo < shapeOut.length) {
    const from = to;
    const outFrom = outTo;
    let sizeIn = to < shapeIn.length ? (shapeIn[to++] as number) : 1;
    let sizeOut = outTo < shapeOut.length ? (shapeOut[outTo++] as number) : 1;
    while (sizeIn !== sizeOut) {
      if (sizeIn < sizeOut) sizeIn *= shapeIn[to++] as number;
      else sizeOut *= shapeOut[outTo++] as number;
    }
    blocks.push({ from, to, outFrom, outTo });
  }
  return blocks;
}

function sizeOf(shape: Shape): number {
  return shape.reduce<number>((product, size) => product * (size as number), 1);
}
