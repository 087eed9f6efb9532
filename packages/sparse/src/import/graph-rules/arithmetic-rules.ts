import { linear } from '../../graph/activation.js';
import type { ValueId } from '../../graph/graph.js';
import type { Binary } from '../../graph/operation.js';
import { type GraphRule, type GraphScope, vectorOf } from '../graph-scope.js';
import { type Refusal, refuse } from '../layer-scope.js';
import { pairing } from '../rules/merge-rules.js';
import { affineOf } from '../rules/norm-rules.js';

/** x times a scale plus a shift, of a constant per channel. */
type AsAffine = (constant: Float32Array) => { readonly scale: Float32Array; readonly shift: Float32Array };

const ones = (like: Float32Array) => like.map(() => 1);
const zeros = (like: Float32Array) => new Float32Array(like.length);
const plus: AsAffine = (constant) => ({ scale: ones(constant), shift: constant });
const times: AsAffine = (constant) => ({ scale: constant, shift: zeros(constant) });
const minus: AsAffine = (constant) => ({ scale: ones(constant), shift: constant.map((value) => -value) });
const from: AsAffine = (constant) => ({ scale: constant.map(() => -1), shift: constant });
const over: AsAffine = (constant) => ({ scale: constant.map((value) => 1 / value), shift: zeros(constant) });

/** An operator of two tensors, or of one and a constant on the right or left. */
const arithmetic =
  (operator: Binary['operator'] | undefined, right?: AsAffine, left?: AsAffine): GraphRule =>
  async (scope) => {
    const constants = [scope.constant(0), scope.constant(1)];
    if (constants.every((constant) => constant === undefined)) {
      return operator === undefined ? refuse('its operands') : binary(scope, operator, [0, 1]);
    }
    const side = constants[0] === undefined ? 1 : 0;
    const asAffine = side === 1 ? right : left;
    if (asAffine === undefined || constants[1 - side] !== undefined) return refuse('a constant operand');
    const x = await scope.value(1 - side);
    const shape = scope.shape(x);
    const vector = await vectorOf(scope, constants[side], shape?.at(-1), shape?.length);
    if (vector === undefined) return refuse('a constant that is no vector per channel');
    return scope.emit({ kind: 'affine', ...asAffine(vector), activation: linear }, [x]);
  };

async function binary(
  scope: GraphScope,
  operator: Binary['operator'],
  inputs: readonly number[],
): Promise<ValueId | Refusal> {
  const ids: ValueId[] = [];
  for (const input of inputs) ids.push(await scope.value(input));
  const [first = 0, ...others] = ids;
  let shape = scope.shape(first);
  const steps: { readonly other: ValueId; readonly isSwapped: boolean }[] = [];
  for (const other of others) {
    const otherShape = scope.shape(other);
    const pair = shape && otherShape && pairing(shape, otherShape);
    if (pair === undefined || (pair === 'first' && operator === 'subtract'))
      return refuse('the shapes of its operands');
    if (pair === 'first') shape = otherShape;
    steps.push({ other, isSwapped: pair === 'first' });
  }
  return steps.reduce(
    (value, { other, isSwapped }) =>
      scope.emit(
        { kind: 'binary', operator, activation: linear },
        isSwapped ? [other, value] : [value, other],
      ),
    first,
  );
}

const addN: GraphRule = async (scope) => {
  const inputs = scope.node.inputNames.map((_, index) => index);
  if (inputs.some((input) => scope.constant(input) !== undefined)) return refuse('a constant operand');
  return binary(scope, 'add', inputs);
};

const batchNorm: GraphRule = async (scope) => {
  const epsilon = scope.attribute('epsilon');
  const channels = scope.constant(3)?.size;
  const [gamma, beta, mean, variance] = await Promise.all(
    [1, 2, 3, 4].map((input) => vectorOf(scope, scope.constant(input), channels, 1)),
  );
  if (mean === undefined || variance === undefined || gamma === undefined || beta === undefined) {
    return refuse('its statistics are no constant vectors');
  }
  if (typeof epsilon !== 'number') return refuse('it has no epsilon');
  const x = await scope.value(0);
  scope.assume(x, [null, null, null, mean.length]);
  if (scope.shape(x)?.at(-1) !== mean.length) return refuse('the channels of its input');
  return scope.emit(affineOf({ mean, variance, gamma, beta, epsilon }), [x]);
};

export const arithmeticRules: Readonly<Record<string, GraphRule>> = {
  Add: arithmetic('add', plus, plus),
  AddV2: arithmetic('add', plus, plus),
  BiasAdd: arithmetic(undefined, plus),
  Sub: arithmetic('subtract', minus, from),
  Mul: arithmetic('multiply', times, times),
  RealDiv: arithmetic(undefined, over),
  Maximum: arithmetic('maximum'),
  Minimum: arithmetic('minimum'),
  AddN: addN,
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
};
