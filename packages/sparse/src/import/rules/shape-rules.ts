import { sizeOf } from '../../graph/shape.js';
import type { OpenShape } from '../imported-model.js';
import { type LayerRule, refuse } from '../layer-scope.js';

const flatten: LayerRule = ({ inputs, inputShapes, config, emit }) => {
  if (config.dataFormat === 'channelsFirst') return refuse('its channels come first');
  const size = sizeOfOne(inputShapes[0]);
  if (size === undefined) return refuse('the size of its input is open');
  return emit({ kind: 'reshape', shape: [-1, size] }, inputs);
};

const reshape: LayerRule = ({ inputs, inputShapes, config, emit }) => {
  const size = sizeOfOne(inputShapes[0]);
  const { targetShape } = config;
  if (size === undefined || !Array.isArray(targetShape)) return refuse('the size of its input is open');
  const isOpen = (length: unknown) => typeof length !== 'number' || length < 0;
  const known: number = sizeOf(targetShape.filter((length) => !isOpen(length)));
  const target = targetShape.map((length) => (isOpen(length) ? size / known : length));
  if (sizeOf(target) !== size) return refuse('its target has another size than its input');
  return emit({ kind: 'reshape', shape: [-1, ...target] }, inputs);
};

/** How many elements one example has, if that is known. */
function sizeOfOne(shape: OpenShape | undefined): number | undefined {
  const sizes = shape?.slice(1).map((size) => size ?? Number.NaN);
  const size = sizeOf(sizes ?? [Number.NaN]);
  return Number.isNaN(size) ? undefined : size;
}

const zeroPadding2D: LayerRule = ({ inputs, config, emit }) => {
  const { dataFormat, padding } = config;
  if (dataFormat === 'channelsFirst') return refuse('its channels come first');
  const [top, bottom, left, right] = [padding].flat(2);
  const isCount = (size: unknown) => typeof size === 'number' && size >= 0;
  if (![top, bottom, left, right].every(isCount)) return refuse('its padding');
  return emit(
    { kind: 'pad', ...({ top, bottom, left, right } as Record<'top' | 'bottom' | 'left' | 'right', number>) },
    inputs,
  );
};

export const shapeRules: Readonly<Record<'Flatten' | 'Reshape' | 'ZeroPadding2D', LayerRule>> = {
  Flatten: flatten,
  Reshape: reshape,
  ZeroPadding2D: zeroPadding2D,
};
