import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import { loadFloats, storeFloats } from './emitted-kernel.js';

/** Stores `width` sums at an address, or adds them to what is there when `add` is not 0. */
export function storeRow(
  f: FunctionBuilder,
  to: Local,
  sums: readonly Local[],
  width: number,
  add: Local,
): void {
  const counts = sums.map((_, j) => Math.min(4, width - 4 * j));
  f.get(add).if(() => {
    for (const [j, sum] of sums.entries()) {
      f.get(sum);
      loadFloats(f, to, counts[j] ?? 0, 16 * j);
      f.op('f32x4Add').set(sum);
    }
  });
  for (const [j, sum] of sums.entries()) storeFloats(f, to, sum, counts[j] ?? 0, 16 * j);
}
