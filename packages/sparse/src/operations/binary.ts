import type { FunctionBuilder, Local, PlainInstruction } from '@secateur/wasm-emit';
import { type Activation, isLight, linear } from '../graph/activation.js';
import type { Binary } from '../graph/operation.js';
import { channelsOf, type Shape, sizeOf } from '../graph/shape.js';
import { emitEpilogue, epilogueKey } from '../kernels/epilogue.js';
import type { Lowering } from '../program/lowering.js';
import { SparseError } from '../sparse-error.js';
import { checkSlopes, lowerActivation } from './activate.js';
import { activationBound } from './activation-bound.js';
import { elementKernel } from './element-kernel.js';
import type { Operand, OperationRule } from './operation-rule.js';
import { lowerPick } from './pick.js';
import { emitLoad, emitSpan, emitStore } from './span.js';
import { emitUnits } from './unit-loop.js';

/** `max` and `min`, and not `pmax` and `pmin`, since a NaN of either operand stays. */
const instructions: Readonly<Record<Binary['operator'], PlainInstruction>> = {
  add: 'f32x4Add',
  subtract: 'f32x4Sub',
  multiply: 'f32x4Mul',
  maximum: 'f32x4Max',
  minimum: 'f32x4Min',
};

export const binary: OperationRule<Binary> = {
  outputShape({ operator, activation }, [a = [], b = []]) {
    const shape = broadcast(a, b);
    if (shape === undefined) {
      throw new SparseError(`'${operator}' got inputs of shapes [${a}] and [${b}]`, {
        option: 'input',
        value: b,
      });
    }
    checkSlopes(activation, shape);
    return shape;
  },
  bound({ operator, activation }, [a = 0, b = 0]) {
    const bounds = {
      add: a + b,
      subtract: a + b,
      multiply: a * b,
      maximum: Math.max(a, b),
      minimum: Math.max(a, b),
    };
    return activationBound(activation, bounds[operator]);
  },
  lower({ operator, activation }, { inputs: [a, b], output, lowering }) {
    if (a === undefined || b === undefined) return;
    // What needs a constant per channel is a step of its own.
    const isFused = isLight(activation) && activation.kind !== 'prelu';
    const fused = isFused ? activation : linear;
    if (isPerImage(a.shape, b.shape) && !isSame(a.shape, b.shape)) {
      lowerPerImage(operator, fused, [a, b, output], lowering);
    } else {
      const [x, y] = [a, b].map((operand) => spread(operand, output.shape, lowering)) as [Operand, Operand];
      lowerSame(operator, fused, [x, y, output], lowering);
    }
    if (!isFused) lowerActivation(activation, output, output, lowering);
  },
};

/** The shape of the result for two that go together by tfjs's rules: sizes, from the last on, are equal or 1. */
function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const padded = (shape: Shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape];
  const [first, second] = [padded(a), padded(b)];
  const sizes = first.map((size, axis) => (size === 1 ? (second[axis] ?? 1) : size));
  const fits = sizes.every((size, axis) => second[axis] === 1 || second[axis] === size);
  return fits ? sizes : undefined;
}

/** An operand as a tensor of a larger shape. Models rarely need it. */
function spread(x: Operand, shape: Shape, lowering: Lowering): Operand {
  if (isSame(x.shape, shape)) return x;
  const address = lowering.temporary(4 * sizeOf(shape));
  const picked = new Array<number>(sizeOf(shape)).fill(0);
  let [outStep, step] = [1, 1];
  for (let axis = 1; axis <= x.shape.length; axis += 1) {
    const [size, outSize] = [x.shape.at(-axis) ?? 1, shape.at(-axis) ?? 1];
    if (size > 1) {
      picked.forEach((from, to) => {
        picked[to] = from + step * (Math.floor(to / outStep) % outSize);
      });
    }
    outStep *= outSize;
    step *= size;
  }
  lowerPick({ ...x, shape: [sizeOf(x.shape)] }, { address, shape: [picked.length] }, picked, lowering);
  return { address, shape };
}

function isSame(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Whether b is [batch, 1, .., 1, channels]. */
function isPerImage(a: Shape, b: Shape): boolean {
  return isSame(b, [...a.slice(0, 1), ...a.slice(1, -1).map(() => 1), channelsOf(a)]);
}

function lowerSame(
  operator: Binary['operator'],
  activation: Activation,
  [a, b, y]: readonly [Operand, Operand, Operand],
  lowering: Lowering,
): void {
  const key = `${operator} ${epilogueKey(activation)}`;
  const kernel = elementKernel(lowering, key, 2, (f) => {
    const emitResult = operatorWriter(f, operator, activation);
    return (load) => {
      load(0);
      load(1);
      emitResult();
    };
  });
  lowering.step(kernel, [a.address, b.address, y.address], sizeOf(a.shape));
}

/** Units are positions of all images. */
function lowerPerImage(
  operator: Binary['operator'],
  activation: Activation,
  [a, b, y]: readonly [Operand, Operand, Operand],
  lowering: Lowering,
): void {
  const key = `${operator} image ${epilogueKey(activation)}`;
  const kernel = lowering.kernel(key, 5, (scope) => {
    const { f, args, from } = scope;
    const [source, other, target, rowBytes, positions] = args as [Local, Local, Local, Local, Local];
    const [row, end, shift] = f.locals('i32', 3) as [Local, Local, Local];
    f.get(from).get(rowBytes).op('i32Mul').set(shift);
    for (const pointer of [source, target]) f.get(pointer).get(shift).op('i32Add').set(pointer);
    const emitResult = operatorWriter(f, operator, activation);
    emitUnits(scope, () => {
      f.get(other).get(from).get(positions).op('i32DivU').get(rowBytes).op('i32Mul', 'i32Add').set(row);
      f.get(source).get(rowBytes).op('i32Add').set(end);
      emitSpan(f, { lead: source, end, others: [row, target], unroll: 4 }, (width, offset) => {
        f.get(target);
        emitLoad(f.get(source), width, offset);
        emitLoad(f.get(row), width, offset);
        emitResult();
        emitStore(f, width, offset);
      });
    });
  });
  const channels = channelsOf(a.shape);
  const positions = sizeOf(a.shape.slice(1, -1));
  const args = [a.address, b.address, y.address, 4 * channels, positions];
  lowering.step(kernel, args, sizeOf(a.shape.slice(0, -1)));
}

/** Makes the code that replaces two vectors on the stack by the result. */
function operatorWriter(
  f: FunctionBuilder,
  operator: Binary['operator'],
  activation: Activation,
): () => void {
  const temporary = f.local('v128');
  return () => {
    f.op(instructions[operator]);
    emitEpilogue(f, activation, { temporary });
  };
}
