import { linear } from '../../graph/activation.js';
import type { ValueId } from '../../graph/graph.js';
import type { Binary } from '../../graph/operation.js';
import type { OpenShape } from '../imported-model.js';
import { type LayerRule, type LayerScope, type Refusal, refuse } from '../layer-scope.js';

/**
 * How two shapes go together: equal, or the one or the other is that of a vector per image, [batch, 1, .., 1, channels].
 * Open sizes are taken to be equal.
 */
export function pairing(a: OpenShape, b: OpenShape): 'equal' | 'second' | 'first' | undefined {
  if (a.length !== b.length || a.length === 0) return undefined;
  const isSame = (axis: number) => a[axis] === b[axis];
  const inner = Array.from({ length: Math.max(0, a.length - 2) }, (_, index) => index + 1);
  const batchFits = isSame(0) || a[0] === null || b[0] === null;
  if (!batchFits || !isSame(a.length - 1)) return undefined;
  if (inner.every(isSame)) return 'equal';
  if (inner.every((axis) => b[axis] === 1)) return 'second';
  return inner.every((axis) => a[axis] === 1) ? 'first' : undefined;
}

/** Merges all inputs, from the first on. All operators used here commute, so a vector per image may come first. */
function mergeAll(
  { inputs, inputShapes, emit }: LayerScope,
  operator: Binary['operator'],
): ValueId | Refusal {
  const steps: { readonly isSwapped: boolean; readonly other: ValueId }[] = [];
  let shape = inputShapes[0] ?? [];
  for (const [index, other] of inputs.entries()) {
    if (index === 0) continue;
    const otherShape = inputShapes[index] ?? [];
    const pair = pairing(shape, otherShape);
    if (pair === undefined) return refuse('the shapes of its inputs differ');
    if (pair === 'first') shape = otherShape;
    steps.push({ isSwapped: pair === 'first', other });
  }
  return steps.reduce(
    (value, { isSwapped, other }) =>
      emit({ kind: 'binary', operator, activation: linear }, isSwapped ? [other, value] : [value, other]),
    inputs[0] ?? 0,
  );
}

const merge =
  (operator: Binary['operator']): LayerRule =>
  (scope) =>
    mergeAll(scope, operator);

const average: LayerRule = (scope) => {
  const { inputs, inputShapes, emit } = scope;
  const channels = inputShapes[0]?.at(-1);
  if (typeof channels !== 'number') return refuse('the size of its input is open');
  const sum = mergeAll(scope, 'add');
  if (typeof sum !== 'number') return sum;
  const scale = new Float32Array(channels).fill(1 / inputs.length);
  return emit({ kind: 'affine', scale, shift: new Float32Array(channels), activation: linear }, [sum]);
};

const concatenate: LayerRule = ({ inputs, inputShapes, config, emit }) => {
  const { axis } = config;
  const outer = inputShapes.map((shape) => shape.slice(0, -1));
  const rank = inputShapes[0]?.length ?? 0;
  if (axis !== -1 && axis !== rank - 1) return refuse(`it is along axis ${axis}, not the last`);
  if (outer.some((shape) => pairing([...shape, 1], [...(outer[0] ?? []), 1]) !== 'equal')) {
    return refuse('the shapes of its inputs differ');
  }
  return emit({ kind: 'concatenate' }, inputs);
};

export const mergeRules: Readonly<
  Record<'Add' | 'Multiply' | 'Maximum' | 'Minimum' | 'Average' | 'Concatenate', LayerRule>
> = {
  Add: merge('add'),
  Multiply: merge('multiply'),
  Maximum: merge('maximum'),
  Minimum: merge('minimum'),
  Average: average,
  Concatenate: concatenate,
};
