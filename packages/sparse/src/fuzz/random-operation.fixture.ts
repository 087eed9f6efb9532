import { type Activation, isLight, linear } from '../graph/activation.js';
import type { Operation } from '../graph/operation.js';
import { channelsOf, type Shape, sizeOf } from '../graph/shape.js';
import { type Padding, placeWindow, type Window } from '../graph/window.js';
import { activationKinds, activationOf } from './activations.fixture.js';
import { floats, type NumberKind, weightOf } from './numbers.fixture.js';
import { patterned, patterns } from './patterns.fixture.js';
import type { Random } from './random.fixture.js';

export const operationKinds = [
  'convolution',
  'product',
  'depthwise',
  'pool',
  'globalPool',
  'pad',
  'affine',
  'activate',
  'softmax',
  'binary',
  'concatenate',
  'reshape',
] as const satisfies readonly Operation['kind'][];

/** An operation on a tensor of a shape, and the shapes of the others that it takes. */
export interface RandomOperation {
  readonly operation: Operation;
  readonly others: readonly Shape[];
}

/** An operation of a kind with random attributes; undefined when there is none for the shape. */
export function randomOperation(
  kind: Operation['kind'],
  shape: Shape,
  random: Random,
  numbers: NumberKind,
  mostChannels = 20,
): RandomOperation | undefined {
  const [, height = 1, width = 1] = shape;
  const channels = channelsOf(shape);
  const isImage = shape.length === 4;
  const constants = (count: number) => floats(count, () => weightOf(numbers, random));
  const activation = (count: number): Activation =>
    random.chance(0.5) ? linear : activationOf(random.pick(activationKinds), count, random);
  const bias = (count: number) => (random.chance(0.6) ? { bias: constants(count) } : {});
  const alone = (operation: Operation): RandomOperation => ({ operation, others: [] });
  const window = isImage && sizeOf(shape) > 0 ? fittingWindow(height, width, random) : undefined;
  const outChannels = random.integer(1, mostChannels);
  switch (kind) {
    case 'convolution': {
      if (window === undefined) return undefined;
      const weights = patterned(
        [...window.size, channels, outChannels],
        random.pick(patterns),
        numbers,
        random,
      );
      return alone({ kind, window, weights, activation: activation(outChannels), ...bias(outChannels) });
    }
    case 'product': {
      const weights = patterned([1, 1, channels, outChannels], random.pick(patterns), numbers, random);
      return alone({ kind, weights, activation: activation(outChannels), ...bias(outChannels) });
    }
    case 'depthwise': {
      if (window === undefined) return undefined;
      const multiplier = random.pick([1, 1, 1, 2, 3, 5]);
      const count = channels * multiplier;
      const filter = floats(window.size[0] * window.size[1] * count, () =>
        random.chance(0.3) ? 0 : weightOf(numbers, random),
      );
      return alone({
        kind,
        filter,
        channels,
        multiplier,
        window,
        activation: activation(count),
        ...bias(count),
      });
    }
    case 'pool':
      return window && alone({ kind, mode: random.pick(['max', 'average']), window });
    case 'globalPool':
      if (shape.length < 2) return undefined;
      return alone({ kind, mode: random.pick(['max', 'average']), keepDims: random.chance(0.5) });
    case 'pad': {
      if (!isImage) return undefined;
      const [top, bottom, left, right] = [0, 1, 2, 3].map(() => random.pick([0, 0, 1, 2, 5])) as [
        ...[number, number, number, number],
      ];
      return alone({ kind, top, bottom, left, right });
    }
    case 'affine':
      return alone({
        ...{ kind, scale: constants(channels), shift: constants(channels), activation: activation(channels) },
      });
    case 'activate':
      return alone({ kind, activation: activationOf(random.pick(activationKinds), channels, random) });
    case 'softmax':
      return alone({ kind });
    case 'binary': {
      const operator = random.pick(['add', 'subtract', 'multiply', 'maximum', 'minimum'] as const);
      const other = otherShape(shape, random);
      const outShape = shape.map((size, axis) => Math.max(size, other.at(axis - shape.length) ?? 1));
      return { operation: { kind, operator, activation: activation(channelsOf(outShape)) }, others: [other] };
    }
    case 'concatenate': {
      const others = Array.from({ length: random.integer(0, 3) }, () => [
        ...shape.slice(0, -1),
        random.integer(1, mostChannels),
      ]);
      return { operation: { kind }, others };
    }
    case 'reshape':
      return alone({ kind, shape: reshaped(shape, random) });
  }
}

/** Whether an operation on whole numbers gives whole numbers, or halves and quarters: without rounding. */
export function isExact(operation: Operation): boolean {
  if (operation.kind === 'softmax') return false;
  if (operation.kind === 'pool' || operation.kind === 'globalPool') return operation.mode === 'max';
  return !('activation' in operation) || isLight(operation.activation);
}

/** A shape that goes together with another, most often in one of the ways that are common. */
function otherShape(shape: Shape, random: Random): Shape {
  if (random.chance(0.5)) return shape;
  if (random.chance(0.5))
    return [...shape.slice(0, 1), ...shape.slice(1, -1).map(() => 1), channelsOf(shape)].slice(-shape.length);
  const sizes = shape.map((size) => (size === 1 ? random.integer(1, 4) : random.pick([1, size])));
  return sizes.slice(random.chance(0.3) ? random.integer(0, sizes.length - 1) : 0);
}

function fittingWindow(height: number, width: number, random: Random): Window | undefined {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const pair = (most: number): [number, number] =>
      random.chance(0.5)
        ? [random.integer(1, most), random.integer(1, most)]
        : (([size]) => [size, size] as [number, number])([random.integer(1, most)]);
    const padding: Padding = random.pick([
      'same',
      'valid',
      {
        top: random.integer(0, 3),
        bottom: random.integer(0, 3),
        left: random.integer(0, 3),
        right: random.integer(0, 3),
      },
    ]);
    const window = {
      size: pair(4),
      strides: pair(3),
      dilations: random.chance(0.7) ? ([1, 1] as const) : pair(3),
      padding,
    };
    const { outHeight, outWidth } = placeWindow(window, height, width);
    if (outHeight >= 1 && outWidth >= 1) return window;
  }
  return undefined;
}

function reshaped(shape: Shape, random: Random): Shape {
  const size = sizeOf(shape);
  if (shape.length < 2) return random.pick([[size], [-1], [-1, 1], [1, size], [1, 1, -1]]);
  const batch = shape[0] ?? 1;
  const perExample = size / batch;
  const channels = channelsOf(shape);
  return random.pick<Shape>([
    [-1, perExample],
    [batch, perExample],
    [-1, perExample / channels, channels],
    [-1, 1, perExample / channels, channels],
    [-1, perExample / channels, 1, channels],
    [size],
    [-1, channels],
  ]);
}
