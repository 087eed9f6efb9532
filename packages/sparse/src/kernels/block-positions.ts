import type { BlockInput } from './block-input.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** Positions at equal distances. */
interface Axis {
  readonly count: number;
  /** Bytes from the first input of a position to that of the next one. */
  readonly step: number;
}

/** Positions of outputs: images of rows of columns. In y they follow each other without gaps. */
export interface Positions {
  readonly columns: Axis;
  readonly rows: Axis;
  readonly images: Axis;
}

/** The positions of a convolution with as long rows as there can be: axes of one position are left out, even ones are merged. */
export function positionsOf(
  { batch, outHeight, outWidth }: ConvolutionProblem,
  input: BlockInput,
): Positions {
  const axes: Axis[] = [];
  for (const axis of [
    { count: outWidth, step: input.column },
    { count: outHeight, step: input.row },
    { count: batch, step: input.image },
  ]) {
    const inner = axes.at(-1);
    if (axis.count === 1) continue;
    if (inner !== undefined && axis.step === inner.count * inner.step) {
      axes[axes.length - 1] = { count: inner.count * axis.count, step: inner.step };
    } else axes.push(axis);
  }
  const none = { count: 1, step: 0 };
  const [columns = none, rows = none, images = none] = axes;
  return { columns, rows, images };
}
