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
  /** A pointer that goes some vectors further with each: the vectors of several arrays take turns. */
  readonly interleaved?: { readonly pointer: Local; readonly vectors: number };
  /** How many vectors to work on before pointers are moved, while there are as many. Default 1. */
  readonly unroll?: number;
}

/** Runs code on each vector of a stretch and then on each float that is left. It is at `offset` bytes behind the pointers. */
export function emitSpan(f: FunctionBuilder, span: Span, body: (width: Width, offset: number) => void): void {
  const { lead, end, others = [], interleaved, unroll = 1 } = span;
  const last = f.local('i32');
  if (unroll > 1) walk('vector', unroll);
  walk('vector', 1);
  walk('single', 1);

  function walk(width: Width, count: number): void {
    const step = width === 'vector' ? 16 * count : 4;
    f.get(end).i32Const(step).op('i32Sub').set(last);
    f.get(lead).get(last).op('i32LeU');
    f.if(() => {
      f.loop((next) => {
        for (let index = 0; index < count; index += 1) body(width, 16 * index);
        for (const pointer of others) advance(pointer, step);
        if (interleaved !== undefined)
          advance(interleaved.pointer, width === 'vector' ? step * interleaved.vectors : step);
        f.get(lead).i32Const(step).op('i32Add').tee(lead).get(last).op('i32LeU').brIf(next);
      });
    });
  }

  function advance(pointer: Local, bytes: number): void {
    f.get(pointer).i32Const(bytes).op('i32Add').set(pointer);
  }
}
