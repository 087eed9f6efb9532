import { show, sizeOf } from './checks.js';
import { MaskError } from './mask-error.js';
import type { WeightKind, WeightView } from './weight.js';

/** What says where the axes of a weight are. */
export type WeightLayout = Pick<WeightView, 'kind' | 'shape'> & {
  /** For errors. */
  readonly name?: string;
};

/** A weight as `count` matrices of [rows, columns], one after the other in memory. */
export interface Matrices {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** Which axis of a matrix the input channels are on; the output channels are on the other. */
  readonly input: 'rows' | 'columns';
}

const ranks: Readonly<Record<Exclude<WeightKind, 'other'>, { least: number; most: number; axes: string }>> = {
  dense: { least: 2, most: 2, axes: '[in, out]' },
  conv: { least: 3, most: 5, axes: '[...spatial, in, out]' },
  'conv-transpose': { least: 3, most: 5, axes: '[...spatial, out, in]' },
  depthwise: { least: 3, most: 5, axes: '[...spatial, in, multiplier]' },
  recurrent: { least: 2, most: 2, axes: '[in, out]' },
  embedding: { least: 2, most: 2, axes: '[vocabulary, dimension]' },
};

/** The matrices of a weight that has input and output channels: its last two axes at each spatial position. */
export function matricesOf({ name = '', kind, shape }: WeightLayout): Matrices {
  const size = sizeOf(name, shape);
  if (kind === 'other') {
    throw new MaskError(
      `Weight ${show(name)} of kind "other" has no input and output axes; prune it with magnitude, or leave it alone.`,
      { option: name, value: kind },
    );
  }
  if (!Object.hasOwn(ranks, kind)) {
    const known = [...Object.keys(ranks), 'other'].map(show).join(', ');
    throw new MaskError(`Weight ${show(name)} is of unknown kind ${show(kind)}; known are ${known}.`, {
      option: name,
      value: kind,
    });
  }
  const { least, most, axes } = ranks[kind];
  const rows = shape.at(-2);
  const columns = shape.at(-1);
  if (shape.length < least || shape.length > most || rows === undefined || columns === undefined) {
    throw new MaskError(
      `Weight ${show(name)} of kind ${show(kind)} must have a shape ${axes}, but has ${show(shape)}.`,
      { option: name, value: shape },
    );
  }
  const count = rows * columns === 0 ? 0 : size / (rows * columns);
  return { count, rows, columns, input: kind === 'conv-transpose' ? 'columns' : 'rows' };
}

/** A weight as [outer, units, inner]: weight (o, u, i) belongs to output unit u. */
export interface UnitLayout {
  readonly outer: number;
  readonly units: number;
  readonly inner: number;
}

/** Where the output units of a weight are. A depthwise weight has one for each input channel and multiplier. */
export function unitsOf(weight: WeightLayout): UnitLayout {
  const { count, rows, columns } = matricesOf(weight);
  if (weight.kind === 'depthwise') return { outer: count, units: rows * columns, inner: 1 };
  if (weight.kind === 'conv-transpose') return { outer: count, units: rows, inner: columns };
  return { outer: count * rows, units: columns, inner: 1 };
}
