/** Neighbouring positions that are computed at once. */
interface TileRun {
  /** Positions of a tile. */
  readonly size: number;
  /** How many tiles. */
  readonly count: number;
  /** The first tile's first position. */
  readonly start: number;
}

/**
 * Splits a row of positions into tiles: of `size` where it divides them, else with some one smaller; as few as possible. Rows
 * that don't split so have tiles of up to `size`, as equal as they can be.
 */
export function splitIntoTiles(positions: number, size: number): readonly TileRun[] {
  const count = Math.ceil(positions / size);
  const small = Math.floor(positions / count);
  const larger = positions - small * count;
  const runs = [
    { size: small + 1, count: larger, start: 0 },
    { size: small, count: count - larger, start: larger * (small + 1) },
  ];
  return runs.filter((run) => run.count > 0);
}
