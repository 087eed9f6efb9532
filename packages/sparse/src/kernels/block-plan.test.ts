import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandsOf, channelGroups } from './block-plan.js';

describe('channelGroups', () => {
  it.each<
    [
      channels: number,
      vectors: number,
      groups: [first: number, rows: number, vectors: number, lanes: number][],
    ]
  >([
    [8, 2, [[0, 1, 2, 4]]],
    [3, 2, [[0, 1, 1, 3]]],
    [7, 2, [[0, 1, 2, 3]]],
    [
      17,
      2,
      [
        [0, 2, 2, 4],
        [16, 1, 1, 1],
      ],
    ],
    [
      20,
      2,
      [
        [0, 2, 2, 4],
        [16, 1, 1, 4],
      ],
    ],
    [
      10,
      1,
      [
        [0, 2, 1, 4],
        [8, 1, 1, 2],
      ],
    ],
    [
      30,
      4,
      [
        [0, 1, 4, 4],
        [16, 1, 4, 2],
      ],
    ],
  ])('splits %d channels into rows of %d vectors', (channels, vectors, groups) => {
    expect(channelGroups(channels, vectors)).toEqual(
      groups.map(([first, rows, vectors, lanes]) => ({ first, rows, vectors, lanes })),
    );
  });
});

describe('bandsOf', () => {
  it('visits each position once, at its place in x and y', () => {
    const counts = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(
        counts,
        counts,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 7 }),
        (columns, rows, images, size) => {
          // Steps that tell axes apart.
          const positions = {
            columns: { count: columns, step: 1 },
            rows: { count: rows, step: 100 },
            images: { count: images, step: 10_000 },
          };
          const visited = bandsOf(positions, size, 1).flatMap((band) =>
            Array.from({ length: band.rows }, (_, row) => {
              const image = Math.floor(row / band.perImage);
              let x = band.x + row * band.xStep + image * band.xGap;
              let y = band.y + row * band.yStep + image * band.yGap;
              return band.tiles.flatMap(({ xOffsets, count, xStep, yStep }) =>
                Array.from({ length: count }, () => {
                  const tile = xOffsets.map((offset, index) => [y + index, x + offset] as const);
                  x += xStep;
                  y += yStep;
                  return tile;
                }).flat(),
              );
            }).flat(),
          );
          const expected = Array.from({ length: images * rows * columns }, (_, y) => {
            const [row, column] = [Math.floor(y / columns), y % columns];
            return [y, Math.floor(row / rows) * 10_000 + (row % rows) * 100 + column];
          });
          expect(visited.sort(([a], [b]) => a - b)).toEqual(expected);
        },
      ),
    );
  });
});
