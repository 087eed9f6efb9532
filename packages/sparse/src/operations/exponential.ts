import type { FunctionBuilder, Local } from '@secateur/wasm-emit';

/** Powers above the first overflow float32, those below the second round to 0. */
const highest = 89;
const lowest = -104;
/** ln 2 in two parts; the products of the first with the integers in question are exact. */
const ln2High = 0.693359375;
const ln2Low = -2.1219444e-4;
/** (e^r - 1 - r) / r^2 for |r| < ln 2 / 2, the highest power first: Moshier's coefficients (Cephes, expf). */
const coefficients = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
] as const;

/** Locals that exponentials work in. */
export interface ExponentialLocals {
  readonly x: Local;
  readonly n: Local;
  readonly fraction: Local;
}

export function exponentialLocals(f: FunctionBuilder): ExponentialLocals {
  const [x, n, fraction] = f.locals('v128', 3) as [Local, Local, Local];
  return { x, n, fraction };
}

/** Replaces x on top of the stack by e^x. Relative error 1e-7; NaN stays NaN. */
export function emitExp(f: FunctionBuilder, locals: ExponentialLocals): void {
  const { n, fraction } = locals;
  emitReduction(f, locals);
  // 2^n in two factors: 2^128 and powers below 2^-126 have no place in one.
  f.get(fraction).f32Const(1).op('f32x4Splat', 'f32x4Add');
  f.get(n).i32Const(1).op('i32x4ShrS');
  emitPowerOf2(f);
  f.op('f32x4Mul').get(n).get(n).i32Const(1).op('i32x4ShrS', 'i32x4Sub');
  emitPowerOf2(f);
  f.op('f32x4Mul');
}

/** Replaces x <= 0 on top of the stack by e^x - 1, which is accurate near 0, too. NaN stays NaN. */
export function emitExpm1(f: FunctionBuilder, locals: ExponentialLocals): void {
  const { n, fraction, x } = locals;
  // 2^-30 already is less than what float32 can tell from 0 here.
  f.f32Const(-30).op('f32x4Splat', 'f32x4Pmax');
  emitReduction(f, locals);
  f.get(n);
  emitPowerOf2(f);
  f.tee(x).get(fraction).op('f32x4Mul').get(x).f32Const(1).op('f32x4Splat', 'f32x4Sub', 'f32x4Add');
}

/** Pops x; x = n ln 2 + r, and fraction = e^r - 1. */
function emitReduction(f: FunctionBuilder, { x, n, fraction }: ExponentialLocals): void {
  f.f32Const(lowest).op('f32x4Splat', 'f32x4Pmax').f32Const(highest).op('f32x4Splat', 'f32x4Pmin').set(x);
  f.get(x).f32Const(Math.LOG2E).op('f32x4Splat', 'f32x4Mul', 'f32x4Nearest').set(n);
  f.get(x).get(n).f32Const(ln2High).op('f32x4Splat', 'f32x4Mul', 'f32x4Sub');
  f.get(n).f32Const(ln2Low).op('f32x4Splat', 'f32x4Mul', 'f32x4Sub').set(x);
  f.get(n).op('i32x4TruncSatF32x4S').set(n);
  const [first, ...rest] = coefficients;
  f.f32Const(first).op('f32x4Splat');
  for (const coefficient of rest) f.get(x).op('f32x4Mul').f32Const(coefficient).op('f32x4Splat', 'f32x4Add');
  f.get(x).op('f32x4Mul').get(x).op('f32x4Mul').get(x).op('f32x4Add').set(fraction);
}

/** Replaces an integer from -126 to 127 by that power of 2. */
function emitPowerOf2(f: FunctionBuilder): void {
  f.i32Const(127).op('i32x4Splat', 'i32x4Add').i32Const(23).op('i32x4Shl');
}
