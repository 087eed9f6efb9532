import type { FunctionBuilder, Local } from '@secateur/wasm-emit';

/** How much of memory a piece of code works on: four floats, or one where less than four are left. */
export type Width = 'vector' | 'single';

/** Pops an address and pushes the vector that is there; a single float fills all lanes. */
export function emitLoad(f: FunctionBuilder, width: Width, offset = 0): void {
  f.memory(width === 'vector' ? 'v128Load' : 'v128Load32Splat', offset);
}

/** Pops a vector and an address, and stores all of it or its first lane. */
export function emitStore(f: FunctionBuilder, width: Width, offset = 0): void {
  if (width === 'vector') f.memory('v128Store', offset);
  else f.laneMemory('v128Store32Lane', 0, offset);
}

/** A stretch of floats: pointers that walk through it together. */
export interface Span {
  /** The one that is compared with the end. */
  readonly lead: Local;
  /** The address to stop at. */
  readonly end: Local;
  readonly others?: readonly Local[];
  /** Some of the pointers that walk some times as far per vector: several vectors lie between each other. */
  readonly interleaved?: { readonly pointer: Local; readonly vectors: number };
}

/** Runs code on each vector of a stretch and then on each float that is left. */
export function emitSpan(f: FunctionBuilder, span: Span, body: (width: Width) => void): void {
  const { lead, end, others = [], interleaved } = span;
  const last = f.local('i32');
  f.get(end).i32Const(16).op('i32Sub').set(last);
  walk('vector', 16, last, 'i32LeU');
  walk('single', 4, end, 'i32LtU');

  function walk(width: Width, step: number, limit: Local, within: 'i32LeU' | 'i32LtU'): void {
    f.get(lead).get(limit).op(within);
    f.if(() => {
      f.loop((next) => {
        body(width);
        for (const pointer of others) advance(pointer, step);
        if (interleaved !== undefined)
          advance(interleaved.pointer, width === 'vector' ? 16 * interleaved.vectors : 4);
        f.get(lead).i32Const(step).op('i32Add').tee(lead).get(limit).op(within).brIf(next);
      });
    });
  }

  function advance(pointer: Local, bytes: number): void {
    f.get(pointer).i32Const(bytes).op('i32Add').set(pointer);
  }
}
