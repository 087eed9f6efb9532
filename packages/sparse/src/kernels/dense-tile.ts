import type { Local } from '@secateur/wasm-emit';
import type { Kernel, Lowering } from '../program/lowering.js';
import type { BlockInput } from './block-input.js';
import { exits, type RegisterTile, TileCode, tileKey } from './block-tile-code.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/**
 * An output's inputs, as runs of neighbours in memory: the bytes from the first input of all to each run's. A run is a row of
 * the filter, or with dilation a single pixel.
 */
export function inputRuns(
  { filterHeight, filterWidth, dilationX }: ConvolutionProblem,
  input: BlockInput,
): Int32Array {
  const runs: number[] = [];
  for (let row = 0; row < filterHeight; row += 1) {
    for (let column = 0; column < (dilationX === 1 ? 1 : filterWidth); column += 1) {
      runs.push(input.offsetOf(row, column));
    }
  }
  return Int32Array.from(runs);
}

/** The kernel `(x, y, runs; weights, end)` that computes rows of channels of one tile. */
export function denseTile(tile: RegisterTile, problem: ConvolutionProblem, lowering: Lowering): Kernel {
  const { vectors, sets } = tile;
  const { filterHeight, filterWidth, inChannels, dilationX } = problem;
  const runCount = filterHeight * (dilationX === 1 ? 1 : filterWidth);
  const runInputs = inChannels * (dilationX === 1 ? filterWidth : 1);
  const key = `dense:${tileKey(tile)},${runCount},${runInputs}`;
  return lowering.kernel(key, 3, ({ f, args, from: weights, to }) => {
    const [x, y, runs] = args as readonly Local[] as [Local, Local, Local];
    const [run, xAt, end] = f.locals('i32', 3) as [Local, Local, Local];
    const code = new TileCode(f, tile);
    f.loop((nextRow) => {
      code.begin(weights);
      if (runCount === 1) writeRun(runs);
      else {
        f.get(runs).set(run);
        f.loop((nextRun) => {
          writeRun(run);
          f.get(run).i32Const(4).op('i32Add').tee(run);
          f.get(runs)
            .i32Const(4 * runCount)
            .op('i32Add', 'i32LtU')
            .brIf(nextRun);
        });
      }
      code.end(y);
      f.get(y)
        .i32Const(16 * vectors)
        .op('i32Add')
        .set(y);
      f.get(weights).get(to).op('i32LtU').brIf(nextRow);
    });

    function writeRun(offset: Local): void {
      f.get(x).get(offset).memory('i32Load').op('i32Add').tee(xAt);
      f.i32Const(4 * runInputs)
        .op('i32Add')
        .set(end);
      f.block((done) => {
        f.loop((next) => {
          for (let turn = 1; turn <= exits; turn += 1) {
            code.multiplyAdd(xAt, weights, (turn - 1) % sets);
            f.get(weights)
              .i32Const(16 * vectors)
              .op('i32Add')
              .set(weights);
            f.get(xAt).i32Const(4).op('i32Add').tee(xAt).get(end);
            if (turn < exits) f.op('i32GeU').brIf(done);
            else f.op('i32LtU').brIf(next);
          }
        });
      });
    }
  });
}
