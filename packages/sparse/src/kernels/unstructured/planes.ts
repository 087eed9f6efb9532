import type { ConvolutionProblem } from '../convolution-problem.js';

/** How one axis of a convolution reads its input. */
export interface AxisPlan {
  /**
   * The phases that the filter reads: phase p has every stride-th element of the padded input, from the p-th on. In each of them
   * an output and the next one read elements that are next to each other.
   */
  readonly phases: readonly number[];
  /** For each element of the filter, its phase's index in `phases`, and how far after the output's place it reads. */
  readonly taps: readonly { readonly phase: number; readonly shift: number }[];
  readonly mostShift: number;
  readonly stride: number;
  readonly before: number;
  readonly inSize: number;
  readonly outSize: number;
}

/** How one axis of images is cut into stride phases. @internal */
export function axisPlan(
  filterSize: number,
  stride: number,
  dilation: number,
  before: number,
  inSize: number,
  outSize: number,
): AxisPlan {
  const places = Array.from({ length: filterSize }, (_, index) => index * dilation);
  const phases = [...new Set(places.map((place) => place % stride))].sort((a, b) => a - b);
  const taps = places.map((place) => ({
    phase: phases.indexOf(place % stride),
    shift: Math.floor(place / stride),
  }));
  const mostShift = taps.at(-1)?.shift ?? 0;
  return { phases, taps, mostShift, stride, before, inSize, outSize };
}

export function axisPlans(problem: ConvolutionProblem): {
  readonly rows: AxisPlan;
  readonly columns: AxisPlan;
} {
  const { filterHeight, filterWidth, strideY, strideX, dilationY, dilationX, top, left } = problem;
  const { inHeight, inWidth, outHeight, outWidth } = problem;
  return {
    rows: axisPlan(filterHeight, strideY, dilationY, top, inHeight, outHeight),
    columns: axisPlan(filterWidth, strideX, dilationX, left, inWidth, outWidth),
  };
}

/** Elements of a phase that are not padding: those with index `first` to `end`; `source` is where the first is in the input. */
export interface Span {
  readonly first: number;
  readonly end: number;
  readonly source: number;
}

/** What a phase has of the input, for outputs from `from` on, of the `length` elements that they read. */
export function spanOf(
  { stride, before, inSize }: AxisPlan,
  phase: number,
  from: number,
  length: number,
): Span {
  const origin = from * stride + phase - before;
  const first = Math.min(length, Math.max(0, Math.ceil(-origin / stride)));
  const end = Math.max(first, Math.min(length, Math.ceil((inSize - origin) / stride)));
  return { first, end, source: origin + first * stride };
}

/**
 * How many elements at the end of each row of outputs and at the start of the next are zeros in all phases, so that one can
 * stand for the other.
 *
 * @internal
 */
export function sharedZeros(columns: AxisPlan): number {
  const length = columns.outSize + columns.mostShift;
  let shared = columns.mostShift;
  for (const phase of columns.phases) {
    const { first, end } = spanOf(columns, phase, 0, length);
    if (first < end) shared = Math.min(shared, first, length - end);
  }
  return shared;
}

/** Outputs that are computed together, and where their inputs are: planes, one per phase and input channel. */
export interface Band {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstColumn: number;
  readonly columns: number;
}

/** The size of planes that hold the inputs of bands of up to so many rows and columns. */
export interface PlaneSize {
  /** Elements from one row to the next. */
  readonly pitch: number;
  /** Elements from one plane of the input to the next. */
  readonly inPlane: number;
  readonly outPlane: number;
}

export function planeSize(
  rows: AxisPlan,
  columns: AxisPlan,
  bandRows: number,
  bandColumns: number,
): PlaneSize {
  const shared = bandColumns === columns.outSize ? sharedZeros(columns) : 0;
  const pitch = bandColumns + columns.mostShift - shared;
  const outputs = (bandRows - 1) * pitch + bandColumns;
  return {
    pitch,
    // Three more for the last vector.
    inPlane: spread((bandRows + rows.mostShift) * pitch + shared + 3),
    outPlane: spread(outputs + 3),
  };
}

/** At least so many elements: an odd number of cache lines, so that planes are spread over all sets of the cache. */
function spread(elements: number): number {
  const lines = Math.ceil(elements / 16);
  return 16 * (lines % 2 === 0 ? lines + 1 : lines);
}

/** Bytes that a tile of 28 positions reads of one input channel, with what else is in their cache lines. */
export function windowBytes(rows: AxisPlan, columns: AxisPlan, pitch: number): number {
  const inRow = 4 * (28 + columns.mostShift) + 64;
  const phases = rows.phases.length * columns.phases.length;
  return phases * Math.min((rows.mostShift + 1) * inRow, 4 * rows.mostShift * pitch + inRow);
}
