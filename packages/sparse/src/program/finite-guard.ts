import type { FunctionBuilder, Local, ModuleBuilder } from '@secateur/wasm-emit';
import type { Graph, ValueId } from '../graph/graph.js';
import type { Operation } from '../graph/operation.js';

/**
 * Sparse kernels skip products with zeros, which are zeros only while the other factor is finite. So a program makes sure
 * that it is: it scans its inputs, and the weights bound what can follow. Where the bound could overflow it scans again.
 */
const limit = 1e10;
const overflow = 1e38;

/** Which values to scan before which node. `undefined` when scans can't rule out an overflow. */
export function placeScans(
  graph: Graph,
  boundOf: (operation: Operation, inputs: readonly number[]) => number,
): ReadonlyMap<number, readonly ValueId[]> | undefined {
  const scans = new Map<number, ValueId[]>([[0, [...graph.inputs]]]);
  const bounds = new Map<ValueId, number>(graph.inputs.map((id) => [id, limit]));
  for (const [index, { operation, inputs, output }] of graph.nodes.entries()) {
    const bound = () =>
      boundOf(
        operation,
        inputs.map((id) => bounds.get(id) ?? Number.POSITIVE_INFINITY),
      );
    if (!(bound() <= overflow)) {
      const large = inputs.filter((id) => !((bounds.get(id) ?? Number.POSITIVE_INFINITY) <= limit));
      scans.set(index, [...(scans.get(index) ?? []), ...large]);
      for (const id of large) bounds.set(id, limit);
      if (!(bound() <= overflow)) return undefined;
    }
    bounds.set(output, bound());
  }
  return scans;
}

/** Vectors that a scan takes at once, so that it isn't slower than memory. */
const unrolled = 4;

/** The function `(address, count) -> 1` if a value isn't finite or its magnitude is over the limit, 0 otherwise. */
export function writeScan(module: ModuleBuilder): FunctionBuilder {
  const f = module.function({ params: ['i32', 'i32'], results: ['i32'] });
  const [at, count] = f.params as [Local, Local];
  const magnitude = f.local('v128');
  const most = f.locals('v128', unrolled);
  const last = f.local('i32');
  // Without their sign, the bits of floats are ordered as their values are, with infinity and NaN above all.
  f.i32Const(0x7fffffff).op('i32x4Splat').set(magnitude);
  scanBy(4 * unrolled, most, 'v128Load');
  scanBy(1, most.slice(0, 1), 'v128Load32Zero');
  const [first, ...others] = most as [Local, ...Local[]];
  f.get(first);
  for (const other of others) f.get(other).op('i32x4MaxS');
  f.i32Const(bitsOf(limit)).op('i32x4Splat', 'i32x4GtS', 'v128AnyTrue');
  return f;

  /** Takes `floats` at once, a power of two, as long as there are so many. */
  function scanBy(floats: number, into: readonly Local[], load: 'v128Load' | 'v128Load32Zero'): void {
    f.get(at).get(count).i32Const(-floats).op('i32And').i32Const(2).op('i32Shl', 'i32Add').set(last);
    f.get(count)
      .i32Const(floats - 1)
      .op('i32And')
      .set(count);
    f.block((done) => {
      f.get(at).get(last).op('i32GeU').brIf(done);
      f.loop((next) => {
        into.forEach((vector, index) => {
          f.get(vector)
            .get(at)
            .memory(load, 16 * index)
            .get(magnitude)
            .op('v128And', 'i32x4MaxS')
            .set(vector);
        });
        f.get(at)
          .i32Const(4 * floats)
          .op('i32Add')
          .tee(at)
          .get(last)
          .op('i32LtU')
          .brIf(next);
      });
    });
  }
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;
}
