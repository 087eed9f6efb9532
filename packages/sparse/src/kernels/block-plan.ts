import type { Local } from '@secateur/wasm-emit';
import { type Address, later } from '../program/address.js';
import type { Kernel, Lowering } from '../program/lowering.js';
import { inputLayout } from './block-layout.js';
import { packWeights } from './block-packing.js';
import { paddedCopy } from './block-padding.js';
import { tileKernel } from './block-tile.js';
import { channelGroups, type TileRun, tileRuns, vectorsFor } from './block-tiles.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** With fewer tiles than this, threads share the channels instead, and weights pass only once. */
const fewTiles = 8;

/**
 * Adds the steps of a convolution by tiles.
 *
 * @param block how many vectors a block has; undefined for all weights.
 */
export function lowerTiles(
  problem: ConvolutionProblem,
  block: number | undefined,
  x: Address,
  y: Address,
  lowering: Lowering,
): void {
  const { inWidth, inChannels, outChannels, filterWidth, dilationX, top, left, activation } = problem;
  const layout = inputLayout(problem);
  const first = layout.isInside
    ? later(x, 4 * inChannels * (-top * inWidth - left))
    : paddedCopy(problem, layout, x, lowering);
  // Neighbours in memory: a row of the filter, or with dilation a single pixel.
  const run = block === undefined ? inChannels * (dilationX === 1 ? filterWidth : 1) : 0;
  const pixel = 4 * outChannels;
  for (const group of channelGroups(outChannels, vectorsFor(problem, block))) {
    const { vectors, end } = group;
    const runs = tileRuns(layout.axes, vectors);
    const isFew = runs.reduce((sum, { tiles }) => sum + tiles, 0) < fewTiles;
    // Parts that threads share, or what the second-level cache keeps.
    const chunkBytes = isFew ? 16 * 1024 : 256 * 1024;
    const { values, offsets, width, chunks } = packWeights(problem, group, layout, run, chunkBytes, lowering);
    const table = lowering.constant(Int32Array.from(chunks));
    for (const { xOffsets, x, y: position, axes, tiles } of runs) {
      const lanes = ((end - 1) % 4) + 1;
      const tile = { xOffsets, vectors, lanes, pixel, activation, run, width };
      lowering.step(
        tilesKernel(tileKernel(tile, lowering), axes.length, lowering),
        [
          ...[later(first, x), later(y, 4 * group.first + position * pixel), table, values, offsets],
          ...axisArguments(axes, pixel),
        ],
        tiles * (chunks.length / 2 - 1),
      );
    }
  }
}

/** Bytes from a tile's x and y to the next one's; then of each axis how many, and the bytes to add after that many. */
function axisArguments(axes: TileRun['axes'], pixel: number): number[] {
  let [passed, xPassed, yPassed] = [0, 0, 0];
  return [...axes, [0, 0, 0] as const].flatMap(([count, x, y], index) => {
    const args = [passed, x - passed * xPassed, pixel * (y - passed * yPassed)].slice(index === 0 ? 1 : 0);
    [passed, xPassed, yPassed] = [count, x, y];
    return args;
  });
}

/**
 * The kernel of all tiles of a run times all chunks of weights. Chunks are the outer loop, so that each stays in the cache, and
 * few tiles have several that threads share.
 */
function tilesKernel(tile: Kernel, axes: number, lowering: Lowering): Kernel {
  return lowering.kernel(`tiles:${[tile.builder.index, axes]}`, 7 + 3 * axes, ({ f, args, from, to }) => {
    const [x, y, table, valueBase, offsetBase, xStep, yStep, ...counts] =
      args as readonly Local[] as readonly [...Seven, ...Local[]];
    const [perRow] = counts as [Local];
    const [at, xAt, yAt, rowEnd, values, offsets, end] = f.locals('i32', 7) as Seven;
    f.block((done) => {
      f.loop((nextRow) => {
        f.get(from).get(to).op('i32GeU').brIf(done);
        f.get(from).set(at);
        f.get(x).get(from).get(xStep).op('i32Mul', 'i32Add').set(xAt);
        f.get(y).get(from).get(yStep).op('i32Mul', 'i32Add').set(yAt);
        for (let axis = 0; axis < counts.length; axis += 3) {
          const [count, xGap, yGap] = counts.slice(axis) as [Local, Local, Local];
          f.get(at).get(count).op('i32DivU').set(at);
          if (axis === 0) f.get(at).i32Const(1).op('i32Add').get(perRow).op('i32Mul').set(rowEnd);
          f.get(xAt).get(at).get(xGap).op('i32Mul', 'i32Add').set(xAt);
          f.get(yAt).get(at).get(yGap).op('i32Mul', 'i32Add').set(yAt);
        }
        f.get(rowEnd).get(to).get(rowEnd).get(to).op('i32LtU', 'select').set(rowEnd);
        f.get(table).get(at).i32Const(8).op('i32Mul', 'i32Add').set(at);
        f.get(valueBase).get(at).memory('i32Load').op('i32Add').set(values);
        f.get(offsetBase).get(at).memory('i32Load', 4).op('i32Add').set(offsets);
        f.get(offsetBase).get(at).memory('i32Load', 12).op('i32Add').set(end);
        f.loop((nextTile) => {
          f.get(xAt).get(yAt).get(values).get(offsets).get(end).call(tile.builder);
          f.get(xAt).get(xStep).op('i32Add').set(xAt);
          f.get(yAt).get(yStep).op('i32Add').set(yAt);
          f.get(from).i32Const(1).op('i32Add').tee(from).get(rowEnd).op('i32LtU').brIf(nextTile);
        });
        f.br(nextRow);
      });
    });
  });
}

type Seven = [Local, Local, Local, Local, Local, Local, Local];
