import type { FunctionBuilder, Local } from '@secateur/wasm-emit';

/** Powers above the first are infinite in float32; those below the second are less than its smallest with all digits, and become 0. */
const highest = 89;
const lowest = -88;
/** ln 2 in two parts; the products of the first with the integers in question are exact. */
const ln2High = 0.693359375;
const ln2Low = -2.1219444e-4;
/** Adding it leaves an integer in the lowest bits. */
const rounder = 1.5 * 2 ** 23;
/** (e^r - 1 - r) / r^2 for |r| < ln 2 / 2, the highest power first: Moshier's coefficients (Cephes, expf). */
const coefficients = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
] as const;

/** Replaces x on top of the stack by e^x, or by e^x - 1 for x <= 0. NaN stays NaN. */
export interface Exponential {
  /** Relative error 1e-7. */
  emitExp(): void;
  /** Is accurate near 0, too. */
  emitExpm1(): void;
}

/** Makes what exponentials need. Its constants are set where this is called, which should be outside of loops. */
export function exponential(f: FunctionBuilder): Exponential {
  const constants = new Map<number, Local>();
  const wanted = [highest, lowest, Math.LOG2E, rounder, ln2High, ln2Low, ...coefficients, 1, -30];
  for (const value of wanted) {
    const local = f.local('v128');
    f.f32Const(value).op('f32x4Splat').set(local);
    constants.set(value, local);
  }
  const bias = f.local('v128');
  f.i32Const(127 << 23)
    .op('i32x4Splat')
    .set(bias);
  const [x, n, power, square] = f.locals('v128', 4) as [Local, Local, Local, Local];

  return {
    emitExp() {
      constant(lowest).op('f32x4Pmax');
      constant(highest).op('f32x4Pmin');
      emitReduction();
      constant(1).op('f32x4Add').get(power).op('f32x4Mul');
    },
    emitExpm1() {
      // e^-30 already is less than what float32 can tell from 0 next to 1.
      constant(-30).op('f32x4Pmax');
      emitReduction();
      f.get(power).op('f32x4Mul').get(power);
      constant(1).op('f32x4Sub', 'f32x4Add');
    },
  };

  /** Replaces x = n ln 2 + r by e^r - 1; power = 2^n. */
  function emitReduction(): void {
    f.tee(x);
    constant(Math.LOG2E).op('f32x4Mul');
    constant(rounder).op('f32x4Add').tee(n).i32Const(23).op('i32x4Shl').get(bias).op('i32x4Add').set(power);
    f.get(n);
    constant(rounder).op('f32x4Sub').set(n);
    f.get(x).get(n);
    constant(ln2High).op('f32x4Mul', 'f32x4Sub').get(n);
    constant(ln2Low).op('f32x4Mul', 'f32x4Sub').set(x);
    // Pairs of terms don't wait for each other: the loop is as slow as its longest chain.
    f.get(x).get(x).op('f32x4Mul').set(square);
    emitPair(0);
    f.get(square).get(square).op('f32x4Mul', 'f32x4Mul');
    emitPair(2);
    f.get(square).op('f32x4Mul');
    emitPair(4);
    f.op('f32x4Add', 'f32x4Add').get(square).op('f32x4Mul').get(x).op('f32x4Add');
  }

  /** Pushes two terms of the polynomial, over a power of x^2. */
  function emitPair(index: number): void {
    constant(coefficients[index] ?? 0)
      .get(x)
      .op('f32x4Mul');
    constant(coefficients[index + 1] ?? 0).op('f32x4Add');
  }

  function constant(value: number): FunctionBuilder {
    return f.get(constants.get(value) ?? x);
  }
}
