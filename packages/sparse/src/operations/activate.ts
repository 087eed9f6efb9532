import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import { type Activation, isLight } from '../graph/activation.js';
import type { Activate } from '../graph/operation.js';
import { channelsOf, type Shape, sizeOf } from '../graph/shape.js';
import { emitEpilogue, epilogueKey } from '../kernels/epilogue.js';
import type { Address } from '../program/address.js';
import type { Lowering } from '../program/lowering.js';
import { SparseError } from '../sparse-error.js';
import { activationBound } from './activation-bound.js';
import { lowerChannelwise } from './channel-kernel.js';
import { elementKernel } from './element-kernel.js';
import { exponential } from './exponential.js';
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
    lowerChannelwise(lowering, 'prelu', { x, y, constants }, (f) => {
      const temporary = f.local('v128');
      return (load, constant) => {
        load();
        emitEpilogue(f, activation, { temporary, pushSlopes: () => constant(0) });
      };
    });
    return;
  }
  const prepare = (f: FunctionBuilder) => {
    const emit = activationWriter(f, activation);
    return (load: (input: number) => void) => {
      load(0);
      emit();
    };
  };
  const key = `activate ${activationKey(activation)}`;
  const kernel = elementKernel(lowering, key, 1, prepare, isLight(activation) ? 4 : 1);
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

/** Makes the code that replaces x on top of the stack by its activation; not by prelu. NaN stays NaN. */
function activationWriter(f: FunctionBuilder, activation: Activation): () => void {
  const x = f.local('v128');
  if (isLight(activation)) return () => emitEpilogue(f, activation, { temporary: x });
  const { emitExp, emitExpm1 } = exponential(f);
  const one = splat(f, 1);
  switch (activation.kind) {
    case 'sigmoid':
      return () => {
        f.op('f32x4Neg').set(x).get(one).get(x);
        emitExp();
        f.get(one).op('f32x4Add', 'f32x4Div');
      };
    case 'swish':
      return () => {
        f.tee(x).get(x).op('f32x4Neg');
        emitExp();
        f.get(one).op('f32x4Add', 'f32x4Div');
      };
    case 'tanh':
      return tanhWriter(f, emitExpm1);
    default: {
      const alpha = splat(f, activation.kind === 'elu' ? activation.alpha : 1);
      return () => {
        f.tee(x).v128Zero().op('f32x4Pmin');
        emitExpm1();
        f.get(alpha).op('f32x4Mul').get(x).get(x).v128Zero().op('f32x4Lt', 'v128Bitselect');
      };
    }
  }
}

/** tanh |x| = (0 - e) / (e + 2) with e = e^(-2|x|) - 1, and tanh is odd. */
function tanhWriter(f: FunctionBuilder, emitExpm1: () => void): () => void {
  const [x, e, sign] = f.locals('v128', 3) as [Local, Local, Local];
  const two = splat(f, 2);
  f.i32Const(-0x80000000).op('i32x4Splat').set(sign);
  return () => {
    f.tee(x).get(sign).op('v128Or').get(two).op('f32x4Mul');
    emitExpm1();
    f.set(e).v128Zero().get(e).op('f32x4Sub').get(e).get(two).op('f32x4Add', 'f32x4Div');
    f.get(x).get(sign).op('v128And', 'v128Or');
  };
}

function splat(f: FunctionBuilder, value: number): Local {
  const local = f.local('v128');
  f.f32Const(value).op('f32x4Splat').set(local);
  return local;
}

function isSame(a: Address, b: Address): boolean {
  return a.region === b.region && a.index === b.index && a.offset === b.offset;
}
