import type { Window } from '../graph/window.js';
import { type LayerScope, type Refusal, refuse } from './layer-scope.js';

/** A pair of a layer's configuration, whose entry may be one number for both. */
function pairOf(value: unknown, fallback: number): [number, number] {
  const [first = fallback, second = first] = [value].flat().filter((each) => typeof each === 'number');
  return [first, second];
}

/** The window of a 2D layer; `dilates` if it heeds its dilation rate. */
export function windowOf(
  { config }: LayerScope,
  sizeName: 'kernelSize' | 'poolSize',
  dilates: boolean,
): Window | Refusal {
  const { padding, dataFormat } = config;
  if (dataFormat === 'channelsFirst') return refuse('its channels come first');
  if (padding !== 'same' && padding !== 'valid') return refuse(`its padding '${padding}'`);
  return {
    size: pairOf(config[sizeName], 1),
    strides: pairOf(config.strides, 1),
    dilations: dilates ? pairOf(config.dilationRate, 1) : [1, 1],
    padding,
  };
}

/** The window of a 1D layer, on images of height 1. */
export function flatWindowOf(scope: LayerScope, sizeName: 'kernelSize' | 'poolSize'): Window | Refusal {
  const window = windowOf(scope, sizeName, true);
  if ('reason' in window) return window;
  const { size, strides, dilations, padding } = window;
  return { size: [1, size[0]], strides: [1, strides[0]], dilations: [1, dilations[0]], padding };
}
