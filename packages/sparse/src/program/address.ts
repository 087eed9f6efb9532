/** Where a buffer is, or begins, in memory. */
export interface Address {
  /**
   * The data that the program brings; its memory for what is between steps; a tensor that it is run on; or the scratch memory
   * of the lane that runs.
   */
  readonly region: 'constant' | 'arena' | 'input' | 'output' | 'scratch';
  /** Which input or output; 0 otherwise. */
  readonly index: number;
  /** Bytes from the start of the region. */
  readonly offset: number;
}

/** An address some bytes later. */
export function later(address: Address, bytes: number): Address {
  return { ...address, offset: address.offset + bytes };
}
