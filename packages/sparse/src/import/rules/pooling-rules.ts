import type { Pool } from '../../graph/operation.js';
import { chain, type LayerRule, refuse } from '../layer-scope.js';
import { asImages, asSequences } from '../layer-sequence.js';
import { flatWindowOf, windowOf } from '../layer-window.js';

const pooling2D =
  (mode: Pool['mode']): LayerRule =>
  (scope) => {
    const window = windowOf(scope, 'poolSize', false);
    if ('reason' in window) return window;
    return chain(scope, () => [{ kind: 'pool', mode, window }]);
  };

const pooling1D =
  (mode: Pool['mode']): LayerRule =>
  (scope) => {
    const window = flatWindowOf(scope, 'poolSize');
    if ('reason' in window) return window;
    const images = asImages(scope);
    if ('reason' in images) return images;
    const sequences = asSequences(scope, window, images.shape.at(-1) ?? 1);
    return chain(scope, () => [images, { kind: 'pool', mode, window }, sequences]);
  };

const globalPooling =
  (mode: Pool['mode']): LayerRule =>
  ({ inputs, config, emit }) => {
    if (config.dataFormat === 'channelsFirst') return refuse('its channels come first');
    return emit({ kind: 'globalPool', mode, keepDims: config.keepDims === true }, inputs);
  };

type PoolingLayer = `${'' | 'Global'}${'Max' | 'Average'}Pooling${1 | 2}D`;

export const poolingRules: Readonly<Record<PoolingLayer, LayerRule>> = {
  MaxPooling1D: pooling1D('max'),
  MaxPooling2D: pooling2D('max'),
  AveragePooling1D: pooling1D('average'),
  AveragePooling2D: pooling2D('average'),
  GlobalMaxPooling1D: globalPooling('max'),
  GlobalMaxPooling2D: globalPooling('max'),
  GlobalAveragePooling1D: globalPooling('average'),
  GlobalAveragePooling2D: globalPooling('average'),
};
