import type { ValueId } from '../../graph/graph.js';
import { type GraphRule, type GraphScope, numbersOf } from '../graph-scope.js';
import type { OpenShape } from '../imported-model.js';
import { type Refusal, refuse } from '../layer-scope.js';
import { reshapeTo } from '../open-shape.js';
import { pairing } from '../rules/merge-rules.js';

const pad: GraphRule = async (scope) => {
  const paddings = await numbersOf(scope, scope.constant(1));
  const [before, after, top = 0, bottom = 0, left = 0, right = 0, ...channels] = paddings ?? [];
  if (paddings?.length !== 8 || [before, after, ...channels].some((size) => size !== 0)) {
    return refuse('it pads other axes than those of an image');
  }
  const isV2 = scope.node.op === 'PadV2';
  const value = isV2 ? (await numbersOf(scope, scope.constant(2)))?.[0] : scope.attribute('constantValue');
  if (value !== 0 || Math.min(top, bottom, left, right) < 0)
    return refuse('it pads with other values than zeros');
  const x = await scope.value(0);
  scope.assume(x, [null, null, null, null]);
  return scope.emit({ kind: 'pad', top, bottom, left, right }, [x]);
};

const reshape: GraphRule = async (scope) => {
  const target = await numbersOf(scope, scope.constant(1));
  if (target !== undefined) {
    if (target.filter((size) => size === -1).length > 1) return refuse('its target');
    return scope.emit({ kind: 'reshape', shape: target }, [await scope.value(0)]);
  }
  const inner = await innerTarget(scope);
  if (inner === undefined) return refuse('its target depends on the input');
  const x = await scope.value(0);
  const size = productOf(scope.shape(x)?.slice(1));
  if (size === undefined || size !== productOf(inner)) return refuse('its target depends on the input');
  return scope.emit({ kind: 'reshape', shape: [-1, ...inner] }, [x]);
};

/** The rest of a target that keeps the batch: [shape(y)[0], ...rest], as Keras writes it. */
async function innerTarget(scope: GraphScope): Promise<number[] | undefined> {
  const pack = scope.source(1);
  if (pack?.node.op !== 'Pack') return undefined;
  const slice = pack.source(0);
  if (slice?.node.op !== 'StridedSlice' || slice.source(0)?.node.op !== 'Shape') return undefined;
  const bounds = await Promise.all([1, 2, 3].map((input) => numbersOf(slice, slice.constant(input))));
  const masks = ['beginMask', 'endMask', 'ellipsisMask', 'newAxisMask', 'shrinkAxisMask'].map(
    (name) => slice.attribute(name) ?? 0,
  );
  if (`${bounds}` !== '0,1,1' || `${masks}` !== '0,0,0,0,1' || (pack.attribute('axis') ?? 0) !== 0)
    return undefined;
  const rest: number[] = [];
  for (let input = 1; input < pack.node.inputNames.length; input += 1) {
    const [size] = (await numbersOf(pack, pack.constant(input))) ?? [];
    if (size === undefined || size < 0) return undefined;
    rest.push(size);
  }
  return rest;
}

function productOf(shape: OpenShape | undefined): number | undefined {
  return shape?.reduce<number | undefined>(
    (product, size) => (product === undefined || size === null ? undefined : product * size),
    1,
  );
}

const squeeze: GraphRule = async (scope) => {
  const axes = scope.attribute('axis');
  if (!Array.isArray(axes) || axes.length === 0) return refuse('its axes are not given');
  const x = await scope.value(0);
  const shape = scope.shape(x);
  if (shape === undefined) return refuse('the rank of its input');
  const dropped = new Set(axes.map((axis: number) => (axis < 0 ? axis + shape.length : axis)));
  if ([...dropped].some((axis) => shape[axis] !== 1)) return refuse('the sizes that it drops');
  return toShape(
    scope,
    x,
    shape.filter((_, axis) => !dropped.has(axis)),
  );
};

const expandDims: GraphRule = async (scope) => {
  const [axis] = (await numbersOf(scope, scope.constant(1))) ?? [];
  if (axis === undefined) return refuse('its axis is no constant');
  const x = await scope.value(0);
  const shape = scope.shape(x);
  if (shape === undefined) return refuse('the rank of its input');
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  return toShape(scope, x, [...shape.slice(0, at), 1, ...shape.slice(at)]);
};

function toShape(scope: GraphScope, x: ValueId, shape: OpenShape): ValueId | Refusal {
  const operation = reshapeTo(shape);
  return operation === undefined ? refuse('several open sizes') : scope.emit(operation, [x]);
}

const concatenate: GraphRule = async (scope) => {
  const count = scope.node.inputNames.length - 1;
  const [axis] = (await numbersOf(scope, scope.constant(count))) ?? [];
  const inputs = Array.from({ length: count }, (_, input) => input);
  if (axis === undefined || inputs.some((input) => scope.constant(input) !== undefined)) {
    return refuse('a constant operand');
  }
  const ids: ValueId[] = [];
  for (const input of inputs) ids.push(await scope.value(input));
  const shapes = ids.map((id) => scope.shape(id));
  const [first] = shapes;
  if (first === undefined || (axis !== -1 && axis !== first.length - 1))
    return refuse(`it is along axis ${axis}`);
  const outer = (shape: OpenShape | undefined): OpenShape => [...(shape ?? []).slice(0, -1), 1];
  if (shapes.some((shape) => pairing(outer(shape), outer(first)) !== 'equal'))
    return refuse('the shapes of its inputs');
  return scope.emit({ kind: 'concatenate' }, ids);
};

export const shapeRules: Readonly<Record<string, GraphRule>> = {
  Pad: pad,
  PadV2: pad,
  Reshape: reshape,
  Squeeze: squeeze,
  ExpandDims: expandDims,
  ConcatV2: concatenate,
};
