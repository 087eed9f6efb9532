import type { Pool } from '../../graph/operation.js';
import { type GraphRule, numbersOf } from '../graph-scope.js';
import { refuse } from '../layer-scope.js';
import { windowOf } from './convolution-rules.js';

const pool =
  (mode: Pool['mode']): GraphRule =>
  async (scope) => {
    const kernelSize = scope.attribute('kernelSize');
    const [batch, height, width, channels] = Array.isArray(kernelSize) ? kernelSize : [];
    if (batch !== 1 || channels !== 1 || height === undefined) return refuse('its window');
    const window = windowOf(scope, [height, width]);
    if ('reason' in window) return window;
    if (typeof window.padding !== 'string') return refuse('its padding');
    const x = await scope.value(0);
    scope.assume(x, [null, null, null, null]);
    if (scope.shape(x)?.length !== 4) return refuse('the rank of its input');
    return scope.emit({ kind: 'pool', mode, window }, [x]);
  };

/** A reduction of all axes but the first and the last. */
const globalPool =
  (mode: Pool['mode']): GraphRule =>
  async (scope) => {
    const axes = await numbersOf(scope, scope.constant(1));
    if (axes === undefined) return refuse('its axes are no constant');
    const x = await scope.value(0);
    const rank = scope.shape(x)?.length;
    if (rank === undefined || rank < 3) return refuse('the rank of its input');
    const sorted = [...new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)))].sort((a, b) => a - b);
    if (sorted.length !== rank - 2 || sorted.some((axis, index) => axis !== index + 1)) {
      return refuse(`it reduces the axes ${axes.join(', ')}`);
    }
    return scope.emit({ kind: 'globalPool', mode, keepDims: scope.attribute('keepDims') === true }, [x]);
  };

export const poolingRules: Readonly<Record<string, GraphRule>> = {
  MaxPool: pool('max'),
  AvgPool: pool('average'),
  Mean: globalPool('average'),
  Max: globalPool('max'),
};
