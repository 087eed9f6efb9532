import type { Operation } from '../graph/operation.js';
import { placeWindow, type Window } from '../graph/window.js';
import type { OpenShape } from './imported-model.js';

/** The shape of what an operation gives, as far as it is known; undefined where not even the rank is. */
export function openShapeOf(
  operation: Operation,
  inputs: readonly (OpenShape | undefined)[],
): OpenShape | undefined {
  const [shape] = inputs;
  switch (operation.kind) {
    case 'convolution':
      return windowed(operation.window, shape, operation.weights.shape[3]);
    case 'depthwise':
      return windowed(operation.window, shape, operation.channels * operation.multiplier);
    case 'pool':
      return windowed(operation.window, shape, shape?.at(-1) ?? null);
    case 'product':
      return shape && [...shape.slice(0, -1), operation.weights.shape[3]];
    case 'globalPool': {
      const inner = operation.keepDims ? shape?.slice(1, -1).map(() => 1) : [];
      return shape && inner && [shape[0] ?? null, ...inner, shape.at(-1) ?? null];
    }
    case 'pad': {
      if (shape === undefined) return [null, null, null, null];
      const [batch = null, height = null, width = null, channels = null] = shape;
      return [
        batch,
        height === null ? null : height + operation.top + operation.bottom,
        width === null ? null : width + operation.left + operation.right,
        channels,
      ];
    }
    case 'reshape':
      return reshaped(operation.shape, shape);
    case 'concatenate': {
      const sizes = inputs.map((input) => input?.at(-1) ?? null);
      const sum = sizes.reduce((total, size) => (total === null || size === null ? null : total + size), 0);
      return shape && [...shape.slice(0, -1), sum];
    }
    default:
      return shape;
  }
}

function windowed(window: Window, shape: OpenShape | undefined, channels: number | null): OpenShape {
  const [batch = null, height = null, width = null] = shape ?? [];
  const { outHeight, outWidth } = placeWindow(window, height ?? 0, width ?? 0);
  return [batch, height === null ? null : outHeight, width === null ? null : outWidth, channels];
}

function reshaped(target: readonly number[], shape: OpenShape | undefined): OpenShape {
  const known = target.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  const size = shape?.reduce<number | null>(
    (product, each) => (product === null || each === null ? null : product * each),
    1,
  );
  const left = typeof size === 'number' ? size / known : null;
  return target.map((each) => (each === -1 ? left : each));
}

/** A reshape to a shape with at most one open size; undefined for others. */
export function reshapeTo(shape: OpenShape): Operation | undefined {
  const open = shape.filter((size) => size === null).length;
  return open > 1 ? undefined : { kind: 'reshape', shape: shape.map((size) => size ?? -1) };
}
