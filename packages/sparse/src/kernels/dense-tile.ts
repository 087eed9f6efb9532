import type { Local } from '@secateur/wasm-emit';
import type { Kernel, Lowering } from '../program/lowering.js';
import type { BlockInput } from './block-input.js';
import { type RegisterTile, TileCode, tileKey } from './block-rows.js';
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
    for (let column = 0; column < (dilationX === 1 ? 1 : filterWidth); column += 1)
      runs.push(input.offsetOf(row, column));
  }
  return Int32Array.from(runs);
}

/**
 * The kernel `(x, y, runs; weights, end)` that computes rows of channels of one tile. Several inputs are taken at once, each
 * into accumulators of its own, and what is left of a run one by one.
 */
export function denseTile(tile: RegisterTile, problem: ConvolutionProblem, lowering: Lowering): Kernel {
  const { vectors, sets } = tile;
  const { filterHeight, filterWidth, inChannels, dilationX } = problem;
  const runCount = filterHeight * (dilationX === 1 ? 1 : filterWidth);
  const runInputs = inChannels * (dilationX === 1 ? filterWidth : 1);
  // More than one input per turn, without accumulators of their own, makes V8 load ahead and run out of registers.
  const atOnce = sets;
  const several = runInputs - (runInputs % atOnce);
  return lowering.kernel(
    `dense:${tileKey(tile)},${runCount},${runInputs}`,
    3,
    ({ f, args, from: weights, to }) => {
      const [x, y, runs] = args as readonly Local[] as [Local, Local, Local];
      const [run, xAt, end] = f.locals('i32', 3) as [Local, Local, Local];
      const code = new TileCode(f, tile);
      f.loop((nextRow) => {
        code.begin(weights);
        if (runCount === 1) writeRun();
        else {
          f.get(runs).set(run);
          f.loop((nextRun) => {
            writeRun();
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

      function writeRun(): void {
        f.get(x)
          .get(runCount === 1 ? runs : run)
          .memory('i32Load')
          .op('i32Add')
          .set(xAt);
        loopOver(several, atOnce);
        loopOver(runInputs - several, 1);
      }

      function loopOver(inputs: number, count: number): void {
        if (inputs === 0) return;
        const step = () => {
          for (let index = 0; index < count; index += 1) {
            code.multiplyAdd(xAt, 4 * index, weights, 16 * vectors * index, index % sets);
          }
          f.get(weights)
            .i32Const(16 * vectors * count)
            .op('i32Add')
            .set(weights);
          f.get(xAt)
            .i32Const(4 * count)
            .op('i32Add');
        };
        if (inputs === count) {
          step();
          f.set(xAt);
          return;
        }
        f.get(xAt)
          .i32Const(4 * inputs)
          .op('i32Add')
          .set(end);
        f.loop((next) => {
          step();
          f.tee(xAt).get(end).op('i32LtU').brIf(next);
        });
      }
    },
  );
}
