/** Where a buffer is, or begins, in memory. */
export interface Address {
  /** In the program's own block; a tensor that it is run on; or the scratch memory of the lane that runs. */
  readonly region: 'block' | 'input' | 'output' | 'scratch';
  /** Which input or output; 0 otherwise. */
  readonly index: number;
  /** Bytes from the start of the region. */
  readonly offset: number;
}

/** An address some bytes later. */
export function later(address: Address, bytes: number): Address {
  return { ...address, offset: address.offset + bytes };
}
