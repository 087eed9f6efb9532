import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Kernel, Lowering } from '../../program/lowering.js';

/** The first two elements of two vectors in turn, the last two in turn, the first halves, the last halves. */
const lowTurns = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
const highTurns = [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31];
const lowHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const highHalves = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];

/** Rows that are transposed together when the outer loop goes along columns, so that the target is written from few of the source's lines. */
const stripRows = 64;

/**
 * The kernel `(source, target, bytes between rows of the source, bytes between rows of the target, rows, 0, columns)` that
 * transposes a matrix of float32. Blocks of 4 x 4 at the ends overlap those before; fewer than 4 rows or columns go one by one.
 *
 * @param outer which of the source's axes the outer loop goes along.
 */
export function transposeKernel(lowering: Lowering, outer: 'rows' | 'columns'): Kernel {
  return lowering.kernel(`unstructured-transpose(${outer})`, 5, ({ f, args, from, to }) => {
    const [source, target, sourceStride, targetStride, rows] = args as [Local, Local, Local, Local, Local];
    f.block((end) => {
      f.get(rows).i32Const(4).op('i32LtU').get(to).i32Const(4).op('i32LtU', 'i32Or');
      f.if(() => {
        emitSingles(f, { source, target, sourceStride, targetStride, rows, from, columns: to });
        f.br(end);
      });
      const alongColumns = { step: 4, targetStep: targetStride, count: to };
      const block = emitBlock(f, sourceStride, targetStride);
      if (outer === 'rows') {
        const alongRows = { step: sourceStride, targetStep: 4, count: rows };
        emitQuads(f, source, target, alongRows, (s, t) => emitQuads(f, s, t, alongColumns, block));
      } else {
        const strip = f.local('i32');
        const alongStrip = { step: sourceStride, targetStep: 4, count: strip };
        f.loop((next) => {
          // The last strip takes up to three rows more, since four are needed.
          f.i32Const(stripRows)
            .get(rows)
            .get(rows)
            .i32Const(stripRows + 4)
            .op('i32GeU', 'select')
            .set(strip);
          emitQuads(f, source, target, alongColumns, (s, t) => emitQuads(f, s, t, alongStrip, block));
          f.get(source).get(strip).get(sourceStride).op('i32Mul', 'i32Add').set(source);
          f.get(target).get(strip).i32Const(2).op('i32Shl', 'i32Add').set(target);
          f.get(rows).get(strip).op('i32Sub').tee(rows).brIf(next);
        });
      }
    });
  });
}

interface Axis {
  /** Bytes from one element to the next, in the source and in the target. */
  readonly step: Local | number;
  readonly targetStep: Local | number;
  readonly count: Local;
}

/** Calls for each four elements along an axis of at least four; the last four may overlap those before. */
function emitQuads(
  f: FunctionBuilder,
  source: Local,
  target: Local,
  { step, targetStep, count }: Axis,
  inside: (source: Local, target: Local) => void,
): void {
  const [s, t, left] = f.locals('i32', 3) as [Local, Local, Local];
  const [sourceQuad, targetQuad] = [step, targetStep].map((bytes) => {
    if (typeof bytes === 'number') return 4 * bytes;
    const quad = f.local('i32');
    f.get(bytes).i32Const(2).op('i32Shl').set(quad);
    return quad;
  }) as [Local | number, Local | number];
  f.get(source).set(s).get(target).set(t).get(count).i32Const(4).op('i32Sub').set(left);
  f.block((end) => {
    f.loop((next) => {
      inside(s, t);
      f.get(left).op('i32Eqz').brIf(end);
      pushSum(s, sourceQuad).set(s);
      pushSum(t, targetQuad).set(t);
      f.get(left).i32Const(4).op('i32Sub').tee(left).i32Const(0).op('i32GeS').brIf(next);
      f.get(s).get(left);
      pushBytes(step).op('i32Mul', 'i32Add').set(s);
      f.get(t).get(left);
      pushBytes(targetStep).op('i32Mul', 'i32Add').set(t);
      f.i32Const(0).set(left).br(next);
    });
  });

  function pushSum(at: Local, bytes: Local | number): FunctionBuilder {
    f.get(at);
    return pushBytes(bytes).op('i32Add');
  }

  function pushBytes(bytes: Local | number): FunctionBuilder {
    return typeof bytes === 'number' ? f.i32Const(bytes) : f.get(bytes);
  }
}

/** Transposes 4 x 4 elements. */
function emitBlock(
  f: FunctionBuilder,
  sourceStride: Local,
  targetStride: Local,
): (source: Local, target: Local) => void {
  const at = f.local('i32');
  const [a, b, c, d, ab, cd] = f.locals('v128', 6) as [Local, Local, Local, Local, Local, Local];
  return (source, target) => {
    f.get(source).memory('v128Load').set(a);
    f.get(source).get(sourceStride).op('i32Add').tee(at).memory('v128Load').set(b);
    f.get(at).get(sourceStride).op('i32Add').tee(at).memory('v128Load').set(c);
    f.get(at).get(sourceStride).op('i32Add').memory('v128Load').set(d);
    turns(lowTurns);
    f.get(target).get(ab).get(cd).i8x16Shuffle(lowHalves).memory('v128Store');
    f.get(target).get(targetStride).op('i32Add').tee(at);
    f.get(ab).get(cd).i8x16Shuffle(highHalves).memory('v128Store');
    turns(highTurns);
    f.get(at).get(targetStride).op('i32Add').tee(at);
    f.get(ab).get(cd).i8x16Shuffle(lowHalves).memory('v128Store');
    f.get(at).get(targetStride).op('i32Add');
    f.get(ab).get(cd).i8x16Shuffle(highHalves).memory('v128Store');
  };

  function turns(lanes: readonly number[]): void {
    f.get(a).get(b).i8x16Shuffle(lanes).set(ab);
    f.get(c).get(d).i8x16Shuffle(lanes).set(cd);
  }
}

/** Copies one element after the other. */
function emitSingles(
  f: FunctionBuilder,
  locals: Record<'source' | 'target' | 'sourceStride' | 'targetStride' | 'rows' | 'from' | 'columns', Local>,
): void {
  const { source, target, sourceStride, targetStride, rows, from, columns } = locals;
  const [s, t, column] = f.locals('i32', 3) as [Local, Local, Local];
  f.block((end) => {
    f.get(rows).op('i32Eqz').get(columns).op('i32Eqz', 'i32Or').brIf(end);
    f.loop((nextRow) => {
      f.get(source).set(s).get(target).set(t).get(from).set(column);
      f.loop((nextColumn) => {
        f.get(t).get(s).memory('f32Load').memory('f32Store');
        f.get(s).i32Const(4).op('i32Add').set(s).get(t).get(targetStride).op('i32Add').set(t);
        f.get(column).i32Const(1).op('i32Add').tee(column).get(columns).op('i32LtU').brIf(nextColumn);
      });
      f.get(source)
        .get(sourceStride)
        .op('i32Add')
        .set(source)
        .get(target)
        .i32Const(4)
        .op('i32Add')
        .set(target);
      f.get(rows).i32Const(1).op('i32Sub').tee(rows).brIf(nextRow);
    });
  });
}
