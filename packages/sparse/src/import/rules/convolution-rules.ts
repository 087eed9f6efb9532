import type { Depthwise } from '../../graph/operation.js';
import type { Window } from '../../graph/window.js';
import { chain, type LayerRule, type LayerScope, refuse } from '../layer-scope.js';
import { asImages, asSequences } from '../layer-sequence.js';
import { flatWindowOf, windowOf } from '../layer-window.js';

const conv2D: LayerRule = async (scope) => {
  const window = windowOf(scope, 'kernelSize', true);
  if ('reason' in window) return window;
  const weights = await scope.weights.filter('kernel');
  if (weights === undefined) return refuse('it has no kernel');
  const bias = await scope.weights.bias();
  return chain(scope, (activation) => [{ kind: 'convolution', weights, window, ...bias, activation }]);
};

const conv1D: LayerRule = async (scope) => {
  const window = flatWindowOf(scope, 'kernelSize');
  if ('reason' in window) return window;
  const images = asImages(scope);
  if ('reason' in images) return images;
  const weights = await scope.weights.filter('kernel');
  if (weights === undefined) return refuse('it has no kernel');
  const bias = await scope.weights.bias();
  const sequences = asSequences(scope, window, weights.shape[3]);
  return chain(scope, (activation) => [
    images,
    { kind: 'convolution', weights, window, ...bias, activation },
    sequences,
  ]);
};

/** tfjs's layer ignores its dilation rate. */
const depthwiseConv2D: LayerRule = async (scope) => {
  const window = windowOf(scope, 'kernelSize', false);
  if ('reason' in window) return window;
  const filter = await depthwiseFilter(scope, window);
  if (filter === undefined) return refuse('it has no kernel');
  const bias = await scope.weights.bias();
  return chain(scope, (activation) => [{ ...filter, ...bias, activation }]);
};

const separableConv2D: LayerRule = async (scope) => {
  const window = windowOf(scope, 'kernelSize', true);
  if ('reason' in window) return window;
  const filter = await depthwiseFilter(scope, window);
  const weights = await scope.weights.filter('pointwise_kernel');
  if (filter === undefined || weights === undefined) return refuse('it has no kernels');
  const bias = await scope.weights.bias();
  return chain(scope, (activation) => [
    filter,
    { kind: 'convolution', weights, window: pointwise, ...bias, activation },
  ]);
};

const pointwise: Window = { size: [1, 1], strides: [1, 1], dilations: [1, 1], padding: 'valid' };

async function depthwiseFilter({ weights }: LayerScope, window: Window): Promise<Depthwise | undefined> {
  const name = 'depthwise_kernel';
  const filter = await weights.values(name);
  const [, , channels = 1, multiplier = 1] = weights.shape(name) ?? [];
  return (
    filter && { kind: 'depthwise', filter, channels, multiplier, window, activation: { kind: 'linear' } }
  );
}

export const convolutionRules: Readonly<
  Record<'Conv1D' | 'Conv2D' | 'DepthwiseConv2D' | 'SeparableConv2D', LayerRule>
> = {
  Conv1D: conv1D,
  Conv2D: conv2D,
  DepthwiseConv2D: depthwiseConv2D,
  SeparableConv2D: separableConv2D,
};
