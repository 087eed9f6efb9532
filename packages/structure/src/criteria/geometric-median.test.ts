import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distancesToMedian } from './geometric-median.js';
import { squaredDistances } from './squared-distances.js';

function toMedian(points: readonly (readonly number[])[]): number[] {
  const length = points[0]?.length ?? 0;
  const squared = squaredDistances({
    values: Float64Array.from(points.flat()),
    count: points.length,
    length,
  });
  return [...distancesToMedian(squared, points.length)];
}

const length = (vector: readonly number[]) => Math.hypot(...vector);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('distancesToMedian', () => {
  it('is the median on a line', () => {
    const distances = toMedian([[0], [1], [10], [11], [100]]);
    [10, 9, 0, 1, 90].forEach((distance, index) => {
      expect(distances[index]).toBeCloseTo(distance, 6);
    });
  });

  it('is the centre of a square', () => {
    const distances = toMedian([
      [1, 1],
      [1, -1],
      [-1, 1],
      [-1, -1],
    ]);
    for (const distance of distances) expect(distance).toBeCloseTo(Math.SQRT2, 12);
  });

  it('is where the diagonals of a quadrilateral cross, far from its mean', () => {
    const distances = toMedian([
      [0, 1],
      [0, -100],
      [2, 0],
      [-50, 0],
    ]);
    [1, 100, 2, 50].forEach((distance, index) => {
      expect(distances[index]).toBeCloseTo(distance, 5);
    });
  });

  it('is the corner of a triangle with an angle of more than 120 degrees', () => {
    const distances = toMedian([
      [0, 0],
      [10, 1],
      [-10, 1],
    ]);
    expect(distances[0]).toBeCloseTo(0, 4);
    expect(distances[1]).toBeCloseTo(Math.sqrt(101), 4);
  });

  it('is the point that most points share', () => {
    expect(
      toMedian([
        [5, 5],
        [5, 5],
        [5, 5],
        [9, 0],
        [-7, 3],
      ]).slice(0, 3),
    ).toEqual([0, 0, 0]);
  });

  it('starts from the mean, and leaves it when it is a point and not the median', () => {
    // The mean is the first point, (0, 0); the median is on the way to the crowd.
    const crowd = [
      [1, 0.1],
      [1, -0.1],
      [1, 0.2],
      [1, -0.2],
    ];
    const distances = toMedian([[0, 0], [-4, 0], ...crowd]);
    expect(distances[0]).toBeGreaterThan(0.9);
  });

  it.each([
    [[[3, 4]], [0]],
    [
      [
        [3, 4],
        [3, 4],
      ],
      [0, 0],
    ],
  ])('takes few points: %j', (points, expected) => {
    expect(toMedian(points)).toEqual(expected);
  });

  it('lies where no small step makes the sum of distances smaller', () => {
    const point = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 12 }), (points) => {
        const best = sum(toMedian(points));
        const from = (place: readonly number[]) =>
          sum(points.map((one) => length(one.map((value, axis) => value - (place[axis] as number)))));
        // The sum is convex, so a descent by halves along the axes and the diagonals comes close to its smallest value.
        let place = [0, 1, 2].map((axis) => sum(points.map((one) => one[axis] as number)) / points.length);
        const directions = [-1, 0, 1].flatMap((a) =>
          [-1, 0, 1].flatMap((b) => [-1, 0, 1].map((c) => [a, b, c])),
        );
        for (let step = 16; step > 1e-5; ) {
          const tried = directions.map((direction) =>
            place.map((value, axis) => value + step * (direction[axis] as number)),
          );
          const better = tried.find((one) => from(one) < from(place) - 1e-12);
          if (better === undefined) step /= 2;
          else place = better;
        }
        expect(best).toBeLessThanOrEqual(from(place) + 1e-4);
      }),
    );
  });
});
