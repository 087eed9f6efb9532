import type { FunctionBuilder, Local } from '@secateur/wasm-emit';

/** A window along one axis. All are i32. */
export interface TapRange {
  /** Where its first element is; before the axis when that is less than 0. */
  readonly start: Local;
  readonly size: Local;
  readonly dilation: Local;
  /** Of the axis. */
  readonly length: Local;
  /** Becomes the first of its elements on the axis. */
  readonly first: Local;
  /** Becomes how many of its elements are on the axis. */
  readonly count: Local;
}

/** Finds which elements of a window lie on the axis. */
export function emitTapRange(f: FunctionBuilder, range: TapRange): void {
  const { start, size, dilation, length, first, count } = range;
  f.i32Const(0).set(first).i32Const(0).set(count);
  f.get(start).i32Const(0).op('i32LtS');
  f.if(() => {
    f.i32Const(0).get(start).op('i32Sub');
    divideUp();
    f.set(first);
  });
  f.get(start).get(length).op('i32LtS');
  f.if(() => {
    f.get(length).get(start).op('i32Sub');
    divideUp();
    f.tee(count).get(size).get(count).get(size).op('i32LtU', 'select').get(first).op('i32Sub').set(count);
    f.i32Const(0).get(count).get(count).i32Const(0).op('i32LtS', 'select').set(count);
  });

  function divideUp(): void {
    f.get(dilation).op('i32Add').i32Const(1).op('i32Sub').get(dilation).op('i32DivU');
  }
}
