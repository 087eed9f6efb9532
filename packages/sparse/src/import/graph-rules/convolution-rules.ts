import type { ValueId } from '../../graph/graph.js';
import type { Convolution, Depthwise } from '../../graph/operation.js';
import type { Padding, Window } from '../../graph/window.js';
import type { GraphRule, GraphScope } from '../graph-scope.js';
import { type Refusal, refuse } from '../layer-scope.js';
import { fusedPart } from './fused-part.js';

/** The window of a node with `strides`, `dilations` and a padding. */
export function windowOf(scope: GraphScope, size: readonly [number, number]): Window | Refusal {
  const [, strideY = 1, strideX = 1] = listOf(scope, 'strides');
  const [, dilationY = 1, dilationX = 1] = listOf(scope, 'dilations');
  const padding = paddingOf(scope);
  if (String(scope.attribute('dataFormat') ?? 'nhwc').toLowerCase() !== 'nhwc')
    return refuse('its channels come first');
  if (padding === undefined) return refuse(`its padding '${scope.attribute('pad')}'`);
  return { size, strides: [strideY, strideX], dilations: [dilationY, dilationX], padding };
}

function paddingOf(scope: GraphScope): Padding | undefined {
  const pad = scope.attribute('pad');
  if (pad === 'same' || pad === 'valid') return pad;
  const [before, after, top, bottom, left, right, ...channels] = listOf(scope, 'explicitPaddings');
  if (pad !== 'explicit' || right === undefined) return undefined;
  if ([before, after, ...channels].some((size) => size !== 0)) return undefined;
  return { top: top ?? 0, bottom: bottom ?? 0, left: left ?? 0, right };
}

function listOf(scope: GraphScope, name: string): readonly number[] {
  const value = scope.attribute(name);
  return Array.isArray(value) ? value : [];
}

/** The input of a convolution, whose rank is 4. */
async function imagesOf(scope: GraphScope, channels: number): Promise<ValueId | Refusal> {
  const x = await scope.value(0);
  scope.assume(x, [null, null, null, channels]);
  const shape = scope.shape(x);
  return shape?.length === 4 && shape[3] === channels ? x : refuse('the channels of its input');
}

const convolution: GraphRule = async (scope) => {
  const filter = scope.constant(1);
  if (filter?.rank !== 4 || filter.dtype !== 'float32') return refuse('its filter is no constant');
  const [height = 1, width = 1, inChannels = 1, outChannels = 1] = filter.shape;
  const window = windowOf(scope, [height, width]);
  if ('reason' in window) return window;
  const fused = await fusedPart(scope, outChannels);
  if ('reason' in fused) return fused;
  const weights = await scope.filter(filter);
  const x = await imagesOf(scope, inChannels);
  if (typeof x !== 'number') return x;
  const operation: Convolution = { kind: 'convolution', weights, window, ...fused };
  return scope.emit(operation, [x]);
};

const depthwise: GraphRule = async (scope) => {
  const constant = scope.constant(1);
  if (constant?.rank !== 4 || constant.dtype !== 'float32') return refuse('its filter is no constant');
  const [height = 1, width = 1, channels = 1, multiplier = 1] = constant.shape;
  const window = windowOf(scope, [height, width]);
  if ('reason' in window) return window;
  const fused = await fusedPart(scope, channels * multiplier);
  if ('reason' in fused) return fused;
  const filter = await scope.read(constant);
  const x = await imagesOf(scope, channels);
  if (typeof x !== 'number') return x;
  const operation: Depthwise = { kind: 'depthwise', filter, channels, multiplier, window, ...fused };
  return scope.emit(operation, [x]);
};

export const convolutionRules: Readonly<Record<string, GraphRule>> = {
  Conv2D: convolution,
  _FusedConv2D: convolution,
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2d: depthwise,
  FusedDepthwiseConv2dNative: depthwise,
};
