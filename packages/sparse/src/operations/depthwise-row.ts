import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Activation } from '../graph/activation.js';
import { emitEpilogue } from '../kernels/epilogue.js';

/** Columns of a filter that are in registers at a time. */
const most = 5;

/** What code for a row of outputs depends on: the horizontal geometry, which it knows all about. */
export interface RowPlan {
  /** Channels that are computed, at least 4. */
  readonly channels: number;
  /** Floats between two columns of the input, of the output, and two elements of the filter. */
  readonly inStep: number;
  readonly outStep: number;
  readonly weightStep: number;
  /** Columns of the image, the output and the filter. */
  readonly width: number;
  readonly outWidth: number;
  readonly columns: number;
  readonly stride: number;
  readonly dilation: number;
  /** Columns of zeros left of the image. */
  readonly left: number;
  /** Outputs of a row that are computed together. */
  readonly block: number;
}

/** Where a row is; all are i32 and stay as they are. */
export interface RowPlace {
  /** The address of the first row of the image that the window is on, and bytes to the next one. */
  readonly source: Local;
  readonly rowStep: Local;
  readonly target: Local;
  /** The address of the first row of the filter that is on the image. */
  readonly filter: Local;
  /** How many of its rows are; may be 0. */
  readonly rows: Local;
  readonly bias: Local;
  readonly slopes: Local;
}

type Six = [Local, Local, Local, Local, Local, Local];

/** Measured time of an output in a block of each size, for strides of 1 and for larger ones; blocks of other sizes are slower. */
const times: readonly [Readonly<Record<number, number>>, Readonly<Record<number, number>>] = [
  { 1: 1.8, 2: 1.13, 3: 1.04, 4: 1, 5: 1.05, 6: 1.06, 7: 1.08 },
  { 1: 1.8, 2: 1.05, 3: 1, 4: 1.04 },
];

/** How many outputs of a row to compute together, so that it takes the least time with what the last block wastes. */
export function blockOf(outWidth: number, stride: number): number {
  let [best, least] = [1, Number.POSITIVE_INFINITY];
  for (const [block, time] of Object.entries(times[stride === 1 ? 0 : 1])) {
    const cost = Math.ceil(outWidth / Number(block)) * Number(block) * time;
    if (Number(block) <= outWidth && cost < least) [best, least] = [Number(block), cost];
  }
  return best;
}

/**
 * Makes the code that computes a row of outputs. A row is cut into blocks; the last one begins where it ends with the row.
 * In a block, each input and each weight that is loaded serves all the outputs it can.
 */
export function rowWriter(
  f: FunctionBuilder,
  plan: RowPlan,
  activation: Activation,
): (place: RowPlace) => void {
  const { channels, width, outWidth, columns, stride, dilation, left, block } = plan;
  const [inBytes, outBytes, weightBytes] = [4 * plan.inStep, 4 * plan.outStep, 4 * plan.weightStep];
  const [channel, at, weightAt, counter, position] = f.locals('i32', 5) as Six;
  const sums = f.locals('v128', block);
  const weights = f.locals('v128', Math.min(columns, most));
  const [value, temporary] = f.locals('v128', 2) as [Local, Local];
  return emitRow;

  /** Blocks that see the same columns of the window are one loop. */
  function emitRow(place: RowPlace): void {
    const starts = Array.from({ length: Math.ceil(outWidth / block) }, (_, index) =>
      Math.min(index * block, outWidth - block),
    );
    let index = 0;
    while (index < starts.length) {
      const begin = starts[index] as number;
      let end = index + 1;
      while (end < starts.length && isLike(begin, starts[end] as number, end - index)) end += 1;
      emitBlocks(place, begin, end - index);
      index = end;
    }
  }

  function isLike(begin: number, other: number, distance: number): boolean {
    return other === begin + distance * block && `${tapsOf(begin)}` === `${tapsOf(other)}`;
  }

  /** For each output of a block and each column of the window, whether it is on the image. */
  function tapsOf(begin: number): boolean[] {
    return Array.from({ length: block * columns }, (_, tap) =>
      isInside(columnOf(begin + Math.floor(tap / columns), tap % columns)),
    );
  }

  function columnOf(output: number, column: number): number {
    return output * stride + column * dilation - left;
  }

  function isInside(column: number): boolean {
    return column >= 0 && column < width;
  }

  function emitBlocks(place: RowPlace, begin: number, blocks: number): void {
    f.i32Const(0).set(position);
    f.loop((next) => {
      emitChannels(place, begin);
      if (blocks === 1) return;
      f.get(position)
        .i32Const(block)
        .op('i32Add')
        .tee(position)
        .i32Const(blocks * block);
      f.op('i32LtU').brIf(next);
    });
  }

  function emitChannels(place: RowPlace, begin: number): void {
    const last = 4 * (channels - 4);
    f.i32Const(0).set(channel);
    f.loop((next) => {
      emitBlock(place, begin);
      if (channels === 4) return;
      f.get(channel)
        .i32Const(16)
        .op('i32Add')
        .tee(channel)
        .i32Const(last + (channels % 4 === 0 ? 4 : 16));
      f.op('i32LtU');
      if (channels % 4 === 0) f.brIf(next);
      else {
        // The last vector ends with the channels, and is in part a second time what the one before was.
        f.if(() => {
          f.get(channel)
            .i32Const(last)
            .get(channel)
            .i32Const(last)
            .op('i32LtU', 'select')
            .set(channel)
            .br(next);
        });
      }
    });
  }

  function emitBlock(place: RowPlace, begin: number): void {
    f.get(place.bias).get(channel).op('i32Add').memory('v128Load').set(value);
    for (const sum of sums) f.get(value).set(sum);
    f.block((done) => {
      f.get(place.rows).tee(counter).op('i32Eqz').brIf(done);
      f.get(position)
        .i32Const(stride * inBytes)
        .op('i32Mul')
        .get(place.source)
        .op('i32Add');
      f.get(channel).op('i32Add').set(at);
      f.get(place.filter).get(channel).op('i32Add').set(weightAt);
      f.loop((next) => {
        for (let first = 0; first < columns; first += weights.length) emitTaps(begin, first);
        f.get(at).get(place.rowStep).op('i32Add').set(at);
        f.get(weightAt)
          .i32Const(columns * weightBytes)
          .op('i32Add')
          .set(weightAt);
        f.get(counter).i32Const(1).op('i32Sub').tee(counter).brIf(next);
      });
    });
    f.get(position).i32Const(outBytes).op('i32Mul').get(place.target).op('i32Add');
    f.get(channel).op('i32Add').set(at);
    sums.forEach((sum, output) => {
      f.get(at).get(sum);
      const pushSlopes = () => f.get(place.slopes).get(channel).op('i32Add').memory('v128Load');
      emitEpilogue(f, activation, { temporary, pushSlopes });
      f.memory('v128Store', (begin + output) * outBytes);
    });
  }

  /** Adds what some columns of the window see in a row. */
  function emitTaps(begin: number, first: number): void {
    const group = weights.slice(0, columns - first);
    group.forEach((weight, index) => {
      f.get(weightAt)
        .memory('v128Load', (first + index) * weightBytes)
        .set(weight);
    });
    const taps = sums.flatMap((sum, output) =>
      group.map((weight, index) => ({ sum, weight, column: columnOf(begin + output, first + index) })),
    );
    const seen = new Set(taps.map(({ column }) => column).filter(isInside));
    for (const column of [...seen].sort((a, b) => a - b)) {
      f.get(at)
        .memory('v128Load', column * inBytes)
        .set(value);
      for (const tap of taps) {
        if (tap.column !== column) continue;
        f.get(tap.sum).get(value).get(tap.weight).op('f32x4Mul', 'f32x4Add').set(tap.sum);
      }
    }
  }
}
