import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelGroups, tileRuns } from './block-tiles.js';

describe('channelGroups', () => {
  it.each<
    [channels: number, vectors: number, groups: [first: number, end: number, vectors: number, rows: number][]]
  >([
    [8, 2, [[0, 8, 2, 1]]],
    [3, 2, [[0, 3, 1, 1]]],
    [7, 2, [[0, 7, 2, 1]]],
    [
      17,
      2,
      [
        [0, 16, 2, 2],
        [16, 17, 1, 1],
      ],
    ],
    [
      30,
      4,
      [
        [0, 16, 4, 1],
        [16, 30, 4, 1],
      ],
    ],
  ])('splits %d channels into rows of %d vectors', (channels, vectors, groups) => {
    expect(channelGroups(channels, vectors)).toEqual(
      groups.map(([first, end, vectors, rows]) => ({ first, end, vectors, rows })),
    );
  });
});

describe('tileRuns', () => {
  it.each<[positions: number, vectors: number, runs: [size: number, count: number, start: number][]]>([
    [1, 2, [[1, 1, 0]]],
    [12, 2, [[4, 3, 0]]],
    [
      7,
      2,
      [
        [4, 1, 0],
        [3, 1, 4],
      ],
    ],
    [9, 2, [[3, 3, 0]]],
    [
      49,
      2,
      [
        [4, 10, 0],
        [3, 3, 40],
      ],
    ],
    [5, 1, [[5, 1, 0]]],
    [196, 1, [[7, 28, 0]]],
  ])('splits %d positions into tiles of %d vectors', (count, vectors, expected) => {
    const runs = tileRuns([{ count, step: 1 }], vectors);
    expect(runs.map(({ xOffsets, tiles, x }) => [xOffsets.length, tiles, x])).toEqual(expected);
  });

  it('visits each position once, at its place in x and y', () => {
    const counts = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(
        counts,
        counts,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 4 }),
        (columns, rows, images, vectors) => {
          // Steps that tell axes apart.
          const axes = [
            { count: columns, step: 1 },
            { count: rows, step: 100 },
            { count: images, step: 10_000 },
          ];
          const visited = tileRuns(axes, vectors).flatMap((run) => {
            const starts = run.axes.reduce(
              (starts, [count, x, y]) =>
                Array.from({ length: count }, (_, at) =>
                  starts.map((start) => ({ x: start.x + at * x, y: start.y + at * y })),
                ).flat(),
              [{ x: run.x, y: run.y }],
            );
            expect(starts).toHaveLength(run.tiles);
            return starts.flatMap(({ x, y }) =>
              run.xOffsets.map((offset, at) => [y + at, x + offset] as const),
            );
          });
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
