import type { ConvolutionProblem } from '../convolution-problem.js';
import { type AxisPlan, axisPlans, type Band, type PlaneSize, planeSize, spanOf } from './planes.js';

/** The most bytes of a band's planes, where it can be: they stay in the second-level cache. */
const bandBytes = 512 * 1024;
/** From so many products on, work is worth a second thread. */
const manyProducts = 200_000;

export interface BandPlan extends PlaneSize {
  readonly rows: AxisPlan;
  readonly columns: AxisPlan;
  readonly bands: readonly Band[];
}

/** Cuts the outputs of a convolution into bands of rows, or of parts of a row when rows are long. */
export function planBands(problem: ConvolutionProblem): BandPlan {
  const { inChannels, outChannels, outHeight, outWidth } = problem;
  const { rows, columns } = axisPlans(problem);
  const phases = rows.phases.length * columns.phases.length;
  const bytes = (bandRows: number, bandColumns: number) => {
    const { inPlane, outPlane } = planeSize(rows, columns, bandRows, bandColumns);
    return 4 * (phases * inChannels * inPlane + outChannels * outPlane);
  };
  const products = problem.weights.nonZeros * outHeight * outWidth;
  // One for each of two threads, though one thread alone is 2 % faster with a single band.
  const leastBands = problem.batch === 1 && products > manyProducts ? Math.min(2, outHeight) : 1;
  const rowBands = Math.max(
    leastBands,
    fewest(outHeight, (size) => bytes(size, outWidth) <= bandBytes),
  );
  const bandRows = Math.ceil(outHeight / rowBands);
  const columnBands =
    bandRows > 1 ? 1 : fewest(outWidth, (size) => size <= 28 || bytes(1, size) <= bandBytes);
  const bandColumns = Math.ceil(outWidth / columnBands);
  const bands: Band[] = [];
  for (let firstRow = 0; firstRow < outHeight; firstRow += bandRows) {
    for (let firstColumn = 0; firstColumn < outWidth; firstColumn += bandColumns) {
      bands.push({
        ...{ firstRow, rows: Math.min(bandRows, outHeight - firstRow) },
        ...{ firstColumn, columns: Math.min(bandColumns, outWidth - firstColumn) },
      });
    }
  }
  return { rows, columns, bands, ...planeSize(rows, columns, bandRows, bandColumns) };
}

/** The fewest equal parts of a length that are small enough. */
function fewest(length: number, isSmall: (size: number) => boolean): number {
  let parts = 1;
  while (parts < length && !isSmall(Math.ceil(length / parts))) parts += 1;
  return parts;
}

/** A stretch of a row that is copied: bytes from the start of the image or of the planes, and elements. */
export interface Copy {
  readonly source: number;
  readonly target: number;
  readonly count: number;
}

/** What of the image goes where in a band's planes. */
export function packCopies(problem: ConvolutionProblem, plan: BandPlan, band: Band): Copy[] {
  const { inChannels, inWidth } = problem;
  const { rows, columns, pitch, inPlane } = plan;
  const copies: Copy[] = [];
  for (const [rowIndex, rowPhase] of rows.phases.entries()) {
    const down = spanOf(rows, rowPhase, band.firstRow, band.rows + rows.mostShift);
    for (const [columnIndex, columnPhase] of columns.phases.entries()) {
      const plane = (rowIndex * columns.phases.length + columnIndex) * inChannels * inPlane;
      const across = spanOf(columns, columnPhase, band.firstColumn, band.columns + columns.mostShift);
      if (across.first === across.end) continue;
      for (let row = down.first; row < down.end; row += 1) {
        const sourceRow = down.source + (row - down.first) * rows.stride;
        copies.push({
          source: 4 * inChannels * (sourceRow * inWidth + across.source),
          target: 4 * (plane + row * pitch + across.first),
          count: across.end - across.first,
        });
      }
    }
  }
  return copies;
}

/** Where in the image the outputs of a band go. */
export function unpackCopies(
  { outWidth, outChannels }: ConvolutionProblem,
  { pitch }: BandPlan,
  band: Band,
): Copy[] {
  return Array.from({ length: band.rows }, (_, row) => ({
    source: 4 * row * pitch,
    target: 4 * outChannels * ((band.firstRow + row) * outWidth + band.firstColumn),
    count: band.columns,
  }));
}
