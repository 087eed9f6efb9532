import type { ConvolutionProblem } from '../convolution-problem.js';
import { packCopies, planBands } from './bands.js';
import { channelBlocks } from './channel-blocks.js';
import { tilesOf } from './tiles.js';

/** Fitted to a core that runs 4.2 cycles per nanosecond. */
const cyclesPerNanosecond = 4.2;
/** To start a row of the stream, and to store what it gives. */
const rowCycles = 4.5;
/** To begin a tile. */
const tileCycles = 25;
/** To transpose an element in a block of 4 x 4, or alone. */
const blockElementCycles = 0.33;
const singleElementCycles = 1.7;
/** To set an element to zero. */
const clearCycles = 0.08;

/** Expected nanoseconds of `lowerPointwise`. */
export function pointwiseCost(problem: ConvolutionProblem): number {
  const { batch, outWidth, inChannels, outChannels, weights } = problem;
  const positions = batch * outWidth;
  let cycles = 60 + transposeCycles(positions, inChannels) + transposeCycles(positions, outChannels);
  const tiles = tilesOf(Math.ceil(positions / 4));
  const rows = outChannels * channelBlocks(problem, 16 * (tiles[0] ?? 1)).length;
  for (const vectors of tiles) {
    cycles += tileCycles + rowCycles * rows + nonzeroCycles(vectors) * weights.nonZeros;
  }
  return cycles / cyclesPerNanosecond;
}

/** Expected nanoseconds of `lowerWindowed`. */
export function windowedCost(problem: ConvolutionProblem): number {
  const { batch, inChannels, outChannels, weights } = problem;
  const plan = planBands(problem);
  const clear =
    clearCycles * plan.inPlane * inChannels * plan.rows.phases.length * plan.columns.phases.length;
  let cycles = 0;
  for (const band of plan.bands) {
    cycles += clear + 250 + band.rows * transposeCycles(band.columns, outChannels);
    for (const { count } of packCopies(problem, plan, band)) cycles += transposeCycles(count, inChannels);
    const outputs = (band.rows - 1) * plan.pitch + band.columns;
    for (const vectors of tilesOf(Math.ceil(outputs / 4))) {
      // Inputs are not aligned, and some are in two cache lines.
      cycles += tileCycles + rowCycles * outChannels + 1.1 * nonzeroCycles(vectors) * weights.nonZeros;
    }
  }
  return (60 + batch * cycles) / cyclesPerNanosecond;
}

/** To load a weight, and to multiply and add so many vectors. Few additions wait for those of the nonzero before. */
function nonzeroCycles(vectors: number): number {
  return Math.max(1.6, 0.57 * (1 + vectors));
}

function transposeCycles(rows: number, columns: number): number {
  if (rows < 4 || columns < 4) return 10 + singleElementCycles * rows * columns;
  return 20 + blockElementCycles * 16 * Math.ceil(rows / 4) * Math.ceil(columns / 4);
}
