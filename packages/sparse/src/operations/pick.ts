import type { Local } from '@secateur/wasm-emit';
import { channelsOf, sizeOf } from '../graph/shape.js';
import type { Lowering } from '../program/lowering.js';
import type { Operand } from './operation-rule.js';
import { emitUnits } from './unit-loop.js';

/** Adds a step that makes channel c of y from channel picked[c] of x. Units are positions. */
export function lowerPick(x: Operand, y: Operand, picked: readonly number[], lowering: Lowering): void {
  const kernel = lowering.kernel('pick', 5, (scope) => {
    const { f, args, from } = scope;
    const [source, target, table, inBytes, outBytes] = args as [Local, Local, Local, Local, Local];
    const [at, end] = f.locals('i32', 2) as [Local, Local];
    f.get(source).get(from).get(inBytes).op('i32Mul', 'i32Add').set(source);
    f.get(target).get(from).get(outBytes).op('i32Mul', 'i32Add').set(target);
    emitUnits(scope, () => {
      f.get(table).set(at).get(target).get(outBytes).op('i32Add').set(end);
      f.loop((nextChannel) => {
        f.get(target).get(source).get(at).memory('i32Load').op('i32Add').memory('f32Load').memory('f32Store');
        f.get(at).i32Const(4).op('i32Add').set(at);
        f.get(target).i32Const(4).op('i32Add').tee(target).get(end).op('i32LtU').brIf(nextChannel);
      });
      f.get(source).get(inBytes).op('i32Add').set(source);
    });
  });
  const table = lowering.constant(Int32Array.from(picked, (channel) => 4 * channel));
  const bytes = [4 * channelsOf(x.shape), 4 * channelsOf(y.shape)];
  lowering.step(kernel, [x.address, y.address, table, ...bytes], sizeOf(y.shape.slice(0, -1)));
}
