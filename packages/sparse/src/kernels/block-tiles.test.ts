import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitIntoTiles } from './block-tiles.js';

describe('splitIntoTiles', () => {
  it.each<[positions: number, size: number, tiles: [size: number, count: number, start: number][]]>([
    [1, 4, [[1, 1, 0]]],
    [4, 4, [[4, 1, 0]]],
    [12, 4, [[4, 3, 0]]],
    [
      7,
      4,
      [
        [4, 1, 0],
        [3, 1, 4],
      ],
    ],
    [9, 4, [[3, 3, 0]]],
    [
      49,
      4,
      [
        [4, 10, 0],
        [3, 3, 40],
      ],
    ],
    [5, 7, [[5, 1, 0]]],
    [8, 7, [[4, 2, 0]]],
    [196, 7, [[7, 28, 0]]],
  ])('splits %d positions into tiles of up to %d', (positions, size, tiles) => {
    expect(splitIntoTiles(positions, size)).toEqual(
      tiles.map(([size, count, start]) => ({ size, count, start })),
    );
  });

  it('covers each position once, by as few tiles as there can be', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 8 }), (positions, size) => {
        const runs = splitIntoTiles(positions, size);
        const starts = runs.flatMap((run) =>
          Array.from({ length: run.count }, (_, tile) => [run.start + tile * run.size, run.size] as const),
        );
        let next = 0;
        for (const [start, length] of starts) {
          expect(start).toBe(next);
          expect(length).toBeLessThanOrEqual(size);
          next += length;
        }
        expect(next).toBe(positions);
        expect(starts).toHaveLength(Math.ceil(positions / size));
      }),
    );
  });
});
