import type { KernelScope } from '../program/lowering.js';

/** Runs code for each unit of a kernel; `from` is the unit at hand. */
export function emitUnits({ f, from, to }: KernelScope, emitUnit: () => void): void {
  f.get(from).get(to).op('i32LtU');
  f.if(() => {
    f.loop((next) => {
      emitUnit();
      f.get(from).i32Const(1).op('i32Add').tee(from).get(to).op('i32LtU').brIf(next);
    });
  });
}
