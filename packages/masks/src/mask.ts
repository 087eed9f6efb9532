/** A bit-packed mask: bit `i & 31` of word `i >>> 5` says whether element `i` (row-major) is kept. Unused tail bits are 0. */
export interface Mask {
  /** Number of elements. */
  readonly length: number;
  /** ceil(length / 32) words. */
  readonly words: Uint32Array;
}
