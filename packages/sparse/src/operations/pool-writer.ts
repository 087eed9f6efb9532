import type { FunctionBuilder, Local } from '@secateur/wasm-emit';

/** Makes the code that pops a vector and adds it to another, or keeps the larger ones. */
export function poolWriter(f: FunctionBuilder): (mode: 'max' | 'average', into: Local) => void {
  const value = f.local('v128');
  return (mode, into) => {
    if (mode === 'average') {
      f.get(into).op('f32x4Add').set(into);
      return;
    }
    // Each `pmax` gives one of its operands, its first one if either is NaN. So they differ only for NaN, which stays NaN with
    // more bits set, and zeros of two signs. That is three instructions where `max` takes about eight.
    f.tee(value).get(into).op('f32x4Pmax').get(into).get(value).op('f32x4Pmax', 'v128Or').set(into);
  };
}
