import type { FunctionBuilder } from '@secateur/wasm-emit';
import type { Activation } from '../graph/activation.js';
import type { Activate } from '../graph/operation.js';
import { channelsOf, type Shape, sizeOf } from '../graph/shape.js';
import { emitEpilogue, epilogueKey } from '../kernels/epilogue.js';
import type { Address } from '../program/address.js';
import type { Lowering } from '../program/lowering.js';
import { SparseError } from '../sparse-error.js';
import { activationBound } from './activation-bound.js';
import { lowerChannelwise } from './channel-kernel.js';
import { elementKernel } from './element-kernel.js';
import { emitExp, emitExpm1, exponentialLocals } from './exponential.js';
import type { Operand, OperationRule } from './operation-rule.js';

export const activate: OperationRule<Activate> = {
  outputShape({ activation }, [shape = []]) {
    checkSlopes(activation, shape);
    return shape;
  },
  bound: ({ activation }, [bound = 0]) => activationBound(activation, bound),
  lower({ activation }, { inputs: [x], output, lowering }) {
    if (x !== undefined) lowerActivation(activation, x, output, lowering);
  },
};

/** Adds the steps that compute y = activation(x), which may be the same tensor. */
export function lowerActivation(activation: Activation, x: Operand, y: Operand, lowering: Lowering): void {
  if (sizeOf(x.shape) === 0 || (activation.kind === 'linear' && isSame(x.address, y.address))) return;
  if (activation.kind === 'prelu') {
    const constants = [activation.slopes];
    lowerChannelwise(lowering, 'prelu', { x, y, constants }, (f, load, constant) => {
      load();
      emitEpilogue(f, activation, { temporary: f.local('v128'), pushSlopes: () => constant(0) });
    });
    return;
  }
  const kernel = elementKernel(lowering, `activate ${activationKey(activation)}`, 1, (f, load) => {
    load(0);
    emitActivation(f, activation);
  });
  lowering.step(kernel, [x.address, y.address], sizeOf(x.shape));
}

/** Throws when a prelu hasn't one slope for each channel of a shape. */
export function checkSlopes(activation: Activation, shape: Shape): void {
  if (activation.kind !== 'prelu' || activation.slopes.length === channelsOf(shape)) return;
  throw new SparseError(`a prelu with ${activation.slopes.length} slopes got an input of shape [${shape}]`, {
    option: 'input',
    value: shape,
  });
}

function activationKey(activation: Activation): string {
  return activation.kind === 'elu' ? `elu(${activation.alpha})` : epilogueKey(activation);
}

/** Replaces x on top of the stack by its activation; not by prelu. NaN stays NaN. */
function emitActivation(f: FunctionBuilder, activation: Activation): void {
  const x = f.local('v128');
  switch (activation.kind) {
    case 'sigmoid':
      f.op('f32x4Neg').set(x).f32Const(1).op('f32x4Splat').get(x);
      emitExp(f, exponentialLocals(f));
      f.f32Const(1).op('f32x4Splat', 'f32x4Add', 'f32x4Div');
      break;
    case 'swish':
      f.tee(x).get(x).op('f32x4Neg');
      emitExp(f, exponentialLocals(f));
      f.f32Const(1).op('f32x4Splat', 'f32x4Add', 'f32x4Div');
      break;
    case 'tanh':
      emitTanh(f);
      break;
    case 'elu':
      f.tee(x).v128Zero().op('f32x4Pmin');
      emitExpm1(f, exponentialLocals(f));
      f.f32Const(activation.alpha).op('f32x4Splat', 'f32x4Mul');
      f.get(x).get(x).v128Zero().op('f32x4Lt', 'v128Bitselect');
      break;
    default:
      emitEpilogue(f, activation, { temporary: x });
  }
}

/** tanh |x| = (0 - e) / (e + 2) with e = e^(-2|x|) - 1, and tanh is odd. */
function emitTanh(f: FunctionBuilder): void {
  const locals = exponentialLocals(f);
  const x = f.local('v128');
  const e = f.local('v128');
  const sign = () => f.i32Const(-0x80000000).op('i32x4Splat');
  f.set(x).get(x);
  sign().op('v128Or').f32Const(2).op('f32x4Splat', 'f32x4Mul');
  emitExpm1(f, locals);
  f.set(e).v128Zero().get(e).op('f32x4Sub').get(e).f32Const(2).op('f32x4Splat', 'f32x4Add', 'f32x4Div');
  f.get(x);
  sign().op('v128And', 'v128Or');
}

function isSame(a: Address, b: Address): boolean {
  return a.region === b.region && a.index === b.index && a.offset === b.offset;
}
