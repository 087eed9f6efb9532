/**
 * The layout of a weight, last axes last:
 *
 * | kind | shape |
 * |---|---|
 * | `dense` | [in, out] |
 * | `conv` | [...spatial, in, out] |
 * | `conv-transpose` | [...spatial, out, in] |
 * | `depthwise` | [height, width, in, multiplier] |
 * | `recurrent` | [in or units, gates x units] |
 * | `embedding` | [vocabulary, dimension] |
 * | `other` | anything |
 */
export type WeightKind =
  | 'dense'
  | 'conv'
  | 'conv-transpose'
  | 'depthwise'
  | 'recurrent'
  | 'embedding'
  | 'other';

/** A weight tensor as a mask strategy sees it, row-major. It is read, never written. */
export interface WeightView {
  /** Unique in its model; errors and per-tensor options use it. */
  readonly name: string;
  /** Which axis is which. */
  readonly kind: WeightKind;
  /** Lengths of the axes. */
  readonly shape: readonly number[];
  /** The values, row by row: the last axis varies fastest. */
  readonly values: Float32Array;
}
