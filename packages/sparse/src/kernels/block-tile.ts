import type { Local } from '@secateur/wasm-emit';
import type { Kernel, Lowering } from '../program/lowering.js';
import { type RegisterTile, TileCode, tileKey } from './block-rows.js';

/** How many blocks, each with an exit after it, a turn of the loop has: V8 would unroll a smaller one, and run out of registers. */
const exits = 4;

/**
 * The kernel `(x, y, weights; offsets, end)` that computes the rows of blocks of one tile, with streams as `packBlocks` makes
 * them. Several blocks are taken at once, each into accumulators of its own, and what is left one by one.
 */
export function blockTile(tile: RegisterTile, isNarrow: boolean, lowering: Lowering): Kernel {
  const { vectors, sets } = tile;
  const width = isNarrow ? 2 : 4;
  return lowering.kernel(`blocks:${tileKey(tile)},${width}`, 3, ({ f, args, from: offsets, to }) => {
    const [x, y, weights] = args as readonly Local[] as [Local, Local, Local];
    const [yAt, end, xAt, several] = f.locals('i32', 4) as [Local, Local, Local, Local];
    const code = new TileCode(f, tile);
    f.loop((nextRow) => {
      f.get(y).get(offsets).memory('i32Load').op('i32Add').set(yAt);
      f.get(offsets).memory('i32Load', 4).i32Const(width).op('i32Mul').set(end);
      f.get(offsets).i32Const(8).op('i32Add').set(offsets);
      code.begin(weights);
      if (sets > 1) {
        f.get(offsets)
          .get(end)
          .i32Const(-sets * width)
          .op('i32And', 'i32Add')
          .set(several);
        loopTo(several, sets);
      }
      f.get(offsets).get(end);
      if (sets > 1) f.i32Const(sets * width - 1).op('i32And');
      f.op('i32Add').set(end);
      loopTo(end, 1);
      code.end(yAt);
      f.get(offsets).get(to).op('i32LtU').brIf(nextRow);
    });

    function loopTo(limit: Local, count: number): void {
      f.block((done) => {
        f.get(offsets).get(limit).op('i32GeU').brIf(done);
        f.loop((next) => {
          const turns = count === 1 ? exits : 1;
          for (let turn = 1; turn <= turns; turn += 1) {
            for (let index = 0; index < count; index += 1) {
              f.get(x).get(offsets);
              f.memory(isNarrow ? 'i32Load16U' : 'i32Load', width * index)
                .op('i32Add')
                .set(xAt);
              code.multiplyAdd(xAt, 0, weights, 16 * vectors * index, index);
            }
            f.get(weights)
              .i32Const(16 * vectors * count)
              .op('i32Add')
              .set(weights);
            f.get(offsets)
              .i32Const(width * count)
              .op('i32Add')
              .tee(offsets)
              .get(limit);
            if (turn < turns) f.op('i32GeU').brIf(done);
            else f.op('i32LtU').brIf(next);
          }
        });
      });
    }
  });
}
