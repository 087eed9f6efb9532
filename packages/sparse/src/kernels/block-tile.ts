import type { Local } from '@secateur/wasm-emit';
import type { Kernel, Lowering } from '../program/lowering.js';
import { exits, type RegisterTile, TileCode, tileKey } from './block-tile-code.js';

/** The kernel `(x, y, weights; offsets, end)` that computes the rows of blocks of one tile, with streams as `packBlocks` makes them. */
export function blockTile(tile: RegisterTile, isNarrow: boolean, lowering: Lowering): Kernel {
  const { vectors, sets, xOffsets } = tile;
  const width = isNarrow ? 2 : 4;
  // Small tiles have registers for the inputs of several blocks at once, each with sums of its own, and save the exits.
  const group = xOffsets.length + vectors <= 4 ? sets : 1;
  return lowering.kernel(`blocks:${tileKey(tile)},${width}`, 3, ({ f, args, from: offsets, to }) => {
    const [x, y, weights] = args as readonly Local[] as [Local, Local, Local];
    const [yAt, end, xAt, groupEnd] = f.locals('i32', 4) as [Local, Local, Local, Local];
    const code = new TileCode(f, tile);
    f.loop((nextRow) => {
      f.get(y).get(offsets).memory('i32Load').op('i32Add').set(yAt);
      f.get(offsets).memory('i32Load', 4).i32Const(width).op('i32Mul').set(end);
      f.get(offsets).i32Const(8).op('i32Add').tee(offsets).get(end).op('i32Add').set(end);
      code.begin(weights);
      // A group is a power of two.
      if (group > 1) {
        f.get(end)
          .get(end)
          .get(offsets)
          .op('i32Sub')
          .i32Const(group * width - 1)
          .op('i32And', 'i32Sub')
          .set(groupEnd);
        loopTo(groupEnd, group, 1);
      }
      loopTo(end, 1, group > 1 ? 1 : exits);
      code.end(yAt);
      f.get(offsets).get(to).op('i32LtU').brIf(nextRow);
    });

    function loopTo(limit: Local, blocks: number, turns: number): void {
      f.block((done) => {
        f.get(offsets).get(limit).op('i32GeU').brIf(done);
        f.loop((next) => {
          for (let turn = 1; turn <= turns; turn += 1) {
            for (let block = 0; block < blocks; block += 1) {
              f.get(x).get(offsets);
              f.memory(isNarrow ? 'i32Load16U' : 'i32Load', block * width)
                .op('i32Add')
                .set(xAt);
              code.multiplyAdd(xAt, weights, (turn - 1 + block) % sets, block);
            }
            f.get(weights)
              .i32Const(16 * vectors * blocks)
              .op('i32Add')
              .set(weights);
            f.get(offsets)
              .i32Const(width * blocks)
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
