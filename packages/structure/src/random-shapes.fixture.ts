import { layers as l, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { type StepKind, stepKind, upTo, width } from './random-step.fixture.js';

/** Steps that move elements around. */
export const shapeSteps: Readonly<Record<string, StepKind>> = {
  flatten: stepKind({
    ranks: [4, 3, 5],
    options: {},
    add: (graph, x) => {
      const dataFormat = graph.format(x);
      return dataFormat === 'channelsFirst'
        ? graph.add(l.flatten, { dataFormat }, x)
        : graph.add(l.flatten, {}, x);
    },
  }),
  repeatVector: stepKind({
    ranks: [2],
    options: {},
    add: (graph, x) => graph.add(l.repeatVector, { n: graph.context.time }, x),
  }),
  reshape: stepKind({
    ranks: [2, 3, 4, 5],
    options: {
      to: fc.constantFrom(
        'split',
        'splitBefore',
        'mergeLast',
        'mergeFirst',
        'addLast',
        'addFirst',
        'swap',
        'vector',
      ),
    },
    add: (graph, x, { to }) => {
      const targetShape = targetOf(x.shape.slice(1) as number[], to);
      if (targetShape === undefined || targetShape.length > 4) return undefined;
      return graph.setFormat(graph.add(l.reshape, { targetShape }, x), 'channelsLast');
    },
  }),
  // A size that tfjs finds out: it is not known to the layers behind.
  reshapeToUnknown: stepKind({
    ranks: [4],
    options: { units: width, max: fc.boolean() },
    add: (graph, x, { units, max }) => {
      const sequence = graph.add(l.reshape, { targetShape: [-1, x.shape.at(-1) as number] }, x);
      const dense = graph.add(l.dense, { units }, sequence);
      return graph.add(max ? l.globalMaxPooling1d : l.globalAveragePooling1d, {}, dense);
    },
  }),
  permute: stepKind({
    ranks: [3, 4, 5],
    options: { order: fc.nat(23), keepsFormat: fc.boolean() },
    add: (graph, x, { order, keepsFormat }) => {
      const dims = permutation(x.shape.length - 1, order);
      const isFirst = dims[0] === x.shape.length - 1 && x.shape.length > 3;
      const format = isFirst !== keepsFormat ? 'channelsFirst' : 'channelsLast';
      return graph.setFormat(graph.add(l.permute, { dims }, x), x.shape.length > 3 ? format : 'channelsLast');
    },
  }),
  toFormat: stepKind({
    ranks: [4, 5],
    options: {},
    add: (graph, x) => {
      const axes = Array.from({ length: x.shape.length - 1 }, (_, i) => i + 1);
      const [first, ...others] = axes as [number, ...number[]];
      if (graph.format(x) === 'channelsFirst') {
        return graph.setFormat(graph.add(l.permute, { dims: [...others, first] }, x), 'channelsLast');
      }
      const dims = [axes.at(-1) as number, ...axes.slice(0, -1)];
      return graph.setFormat(graph.add(l.permute, { dims }, x), 'channelsFirst');
    },
  }),
  pixelShuffle: stepKind({
    ranks: [4],
    options: { channels: upTo(2), useBias: fc.boolean() },
    add: (graph, x, { channels, useBias }) => {
      if (graph.format(x) === 'channelsFirst') return undefined;
      const [h, w] = graph.space(x) as [number, number];
      if (h * w * channels > 50) return undefined;
      const wide = graph.add(l.conv2d, { filters: 4 * channels, kernelSize: 1, useBias }, x);
      const split = graph.add(l.reshape, { targetShape: [h, w, 2, 2 * channels] }, wide);
      const turned = graph.add(l.permute, { dims: [1, 3, 2, 4] }, split);
      return graph.add(l.reshape, { targetShape: [2 * h, 2 * w, channels] }, turned);
    },
  }),
  channelShuffle: stepKind({
    ranks: [4, 2, 3],
    options: {},
    add: (graph, x) => {
      const sizes = x.shape.slice(1) as number[];
      const channels = sizes.at(-1) as number;
      if (channels % 2 === 1 || graph.format(x) === 'channelsFirst') return undefined;
      const before = sizes.slice(0, -1);
      const split = graph.add(l.reshape, { targetShape: [...before, 2, channels / 2] }, x);
      const axes = before.map((_, i) => i + 1);
      const turned = graph.add(l.permute, { dims: [...axes, sizes.length + 1, sizes.length] }, split);
      return graph.add(l.reshape, { targetShape: sizes }, turned);
    },
  }),
  concatenate: stepKind({
    ranks: [2, 3, 4, 5],
    options: { with: fc.nat(3), axis: fc.constantFrom(-1, -1, -1, 1, 2, 3) },
    branches: true,
    add: (graph, x, { with: back, axis: asked }) => {
      if (graph.mayBeMasked(x)) return undefined;
      const axis = asked < x.shape.length ? asked : -1;
      const joins = (other: SymbolicTensor) =>
        other.shape.length === x.shape.length &&
        other.shape.every(
          (size, index) => size === x.shape[index] || index === (axis + x.shape.length) % x.shape.length,
        );
      // tfjs loses count of a tensor that a layer takes twice.
      const other =
        graph.pick(back, (tensor) => tensor !== x && joins(tensor)) ??
        graph.add(l.activation, { activation: 'linear' as const }, x);
      return graph.add(l.concatenate, { axis }, x, other);
    },
  }),
};

function targetOf(sizes: readonly number[], to: string): number[] | undefined {
  const last = sizes.at(-1) as number;
  const divisor = [2, 3].find((one) => last % one === 0 && last > one);
  if (to === 'vector') return [sizes.reduce((a, b) => a * b, 1)];
  if (to === 'addLast') return [...sizes, 1];
  if (to === 'addFirst') return [1, ...sizes];
  if (to === 'split' && divisor !== undefined) return [...sizes.slice(0, -1), last / divisor, divisor];
  if (to === 'splitBefore' && divisor !== undefined) return [...sizes.slice(0, -1), divisor, last / divisor];
  if (sizes.length < 2) return undefined;
  const [first, second] = sizes as [number, number];
  if (to === 'mergeLast') return [...sizes.slice(0, -2), (sizes.at(-2) as number) * last];
  if (to === 'mergeFirst') return [first * second, ...sizes.slice(2)];
  return to === 'swap' ? [second, first, ...sizes.slice(2)] : undefined;
}

/** The axes from 1 to `count` in the order of that number. */
function permutation(count: number, order: number): number[] {
  const left = Array.from({ length: count }, (_, i) => i + 1);
  let rest = order;
  return Array.from({ length: count }, () => {
    const [axis] = left.splice(rest % left.length, 1);
    rest = Math.floor(rest / (left.length + 1));
    return axis as number;
  });
}
