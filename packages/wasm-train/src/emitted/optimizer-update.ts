import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import {
  advance,
  countDown,
  type EmittedKernel,
  family,
  loadFloats,
  parametersOf,
  storeFloats,
  variables,
} from './emitted-kernel.js';

/**
 * `(count, constants, gradient, value, first, second, newValue, newFirst, newSecond)`: an update of `count` variables by
 * Adam. The constants are beta1, 1 - beta1, beta2, 1 - beta2, 1 - beta1^t, 1 - beta2^t, epsilon and -learningRate. The
 * new moments may be where the old ones are.
 */
export type AdamUpdate = (
  count: number,
  constants: number,
  gradient: number,
  value: number,
  first: number,
  second: number,
  newValue: number,
  newFirst: number,
  newSecond: number,
) => void;

/** The operations of tfjs's optimizer in its order, so that the results are the same to the last bit. */
export const adamUpdate: EmittedKernel<AdamUpdate> = {
  parameters: 9,
  write: (f) => {
    const [count, constants, gradient, value, first, second, newValue, newFirst, newSecond] = parametersOf(
      f,
      9,
    );
    const [beta1, rest1, beta2, rest2, correction1, correction2, epsilon, rate] = loadConstants(
      f,
      constants,
      8,
    );
    const [g, m, v] = variables(f, 'v128', 3);
    eachFloat(f, count, [gradient, value, first, second, newValue, newFirst, newSecond], (lanes) => {
      loadFloats(f, gradient, lanes);
      f.set(g);
      loadFloats(f, first, lanes);
      f.get(beta1).op('f32x4Mul').get(g).get(rest1).op('f32x4Mul', 'f32x4Add').set(m);
      loadFloats(f, second, lanes);
      f.get(beta2).op('f32x4Mul').get(g).get(g).op('f32x4Mul').get(rest2).op('f32x4Mul', 'f32x4Add').set(v);
      storeFloats(f, newFirst, m, lanes);
      storeFloats(f, newSecond, v, lanes);
      f.get(m).get(correction1).op('f32x4Div');
      f.get(v).get(correction2).op('f32x4Div', 'f32x4Sqrt').get(epsilon).op('f32x4Add', 'f32x4Div');
      f.get(rate).op('f32x4Mul');
      loadFloats(f, value, lanes);
      f.op('f32x4Add').set(g);
      storeFloats(f, newValue, g, lanes);
    });
  },
};

/**
 * `(count, constants, gradient, value, velocity, newValue, newVelocity)`: an update of `count` variables by momentum. The
 * constants are the momentum and -learningRate. The new velocity may be where the old one is.
 */
export type MomentumUpdate = (
  count: number,
  constants: number,
  gradient: number,
  value: number,
  velocity: number,
  newValue: number,
  newVelocity: number,
) => void;

/** As for Adam; Nesterov's looks a step ahead. */
export const momentumUpdate: (useNesterov: 0 | 1) => EmittedKernel<MomentumUpdate> = family(
  (useNesterov: number) => ({
    parameters: 7,
    write: (f) => {
      const [count, constants, gradient, value, velocity, newValue, newVelocity] = parametersOf(f, 7);
      const [momentum, rate] = loadConstants(f, constants, 2);
      const [g, v] = variables(f, 'v128', 2);
      eachFloat(f, count, [gradient, value, velocity, newValue, newVelocity], (lanes) => {
        loadFloats(f, gradient, lanes);
        f.set(g).get(momentum);
        loadFloats(f, velocity, lanes);
        f.op('f32x4Mul').get(g).op('f32x4Add').set(v);
        storeFloats(f, newVelocity, v, lanes);
        f.get(rate);
        if (useNesterov === 1) f.get(g).get(v).get(momentum).op('f32x4Mul', 'f32x4Add');
        else f.get(v);
        f.op('f32x4Mul');
        loadFloats(f, value, lanes);
        f.op('f32x4Add').set(g);
        storeFloats(f, newValue, g, lanes);
      });
    },
  }),
);

function loadConstants<N extends number>(
  f: FunctionBuilder,
  from: Local,
  count: N,
): ReturnType<typeof variables<N>> {
  const constants = variables(f, 'v128', count);
  for (const [index, constant] of (constants as readonly Local[]).entries()) {
    f.get(from)
      .memory('v128Load32Splat', 4 * index)
      .set(constant);
  }
  return constants;
}

/** Runs `body` for four floats at a time and then for single ones, and moves the pointers on. */
function eachFloat(
  f: FunctionBuilder,
  count: Local,
  pointers: readonly Local[],
  body: (lanes: number) => void,
): void {
  const [turns] = variables(f, 'i32', 1);
  for (const lanes of [4, 1]) {
    f.get(count)
      .i32Const(lanes === 4 ? 2 : 3)
      .op(lanes === 4 ? 'i32ShrU' : 'i32And')
      .set(turns);
    countDown(f, turns, () => {
      body(lanes);
      for (const pointer of pointers) advance(f, pointer, 4 * lanes);
    });
  }
}
