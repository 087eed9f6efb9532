import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisPlan, planeSize, sharedZeros, spanOf } from './planes.js';

describe('spanOf', () => {
  // Three elements with one zero before them: the padded axis is 0 a b c 0.
  it.each([
    { stride: 1, phase: 0, length: 5, span: { first: 1, end: 4, source: 0 } },
    { stride: 1, phase: 0, length: 3, span: { first: 1, end: 3, source: 0 } },
    { stride: 2, phase: 0, length: 3, span: { first: 1, end: 2, source: 1 } },
    { stride: 2, phase: 1, length: 2, span: { first: 0, end: 2, source: 0 } },
  ])('finds phase $phase of stride $stride in $length elements', ({ stride, phase, length, span }) => {
    expect(spanOf(axisPlan(3, stride, 1, 1, 3, 3), phase, 0, length)).toEqual(span);
  });

  it('is empty where all is padding', () => {
    const { first, end } = spanOf(axisPlan(1, 1, 1, 9, 3, 2), 0, 0, 2);
    expect(end).toBe(first);
  });
});

describe('sharedZeros', () => {
  it.each([
    ['3, same', axisPlan(3, 1, 1, 1, 28, 28), 1],
    ['5, same', axisPlan(5, 1, 1, 2, 28, 28), 2],
    ['3, valid', axisPlan(3, 1, 1, 0, 28, 26), 0],
    ['3, zeros on one side', axisPlan(3, 1, 1, 2, 28, 28), 0],
    ['3 with stride 2, zeros after', axisPlan(3, 2, 1, 0, 28, 14), 0],
    ['1 with zeros around', axisPlan(1, 1, 1, 1, 28, 30), 0],
  ])('of a filter of size %s', (_, columns, shared) => {
    expect(sharedZeros(columns)).toBe(shared);
  });
});

const axis = fc
  .record({
    filter: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 4 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    before: fc.integer({ min: -3, max: 5 }),
    inSize: fc.integer({ min: 1, max: 12 }),
    outSize: fc.integer({ min: 1, max: 12 }),
  })
  .map(({ filter, stride, dilation, before, inSize, outSize }) => ({
    ...{ filter, dilation },
    plan: axisPlan(filter, stride, dilation, before, inSize, outSize),
  }));

describe('planes', () => {
  it('hold for each tap of each output what it reads, or a zero', () => {
    fc.assert(
      fc.property(axis, axis, (vertical, horizontal) => {
        const [rows, columns] = [vertical.plan, horizontal.plan];
        const { pitch, inPlane } = planeSize(rows, columns, rows.outSize, columns.outSize);
        const planes = rows.phases.map((rowPhase) =>
          columns.phases.map((columnPhase) => filled(rowPhase, columnPhase)),
        );
        for (let outRow = 0; outRow < rows.outSize; outRow += 1) {
          for (let outColumn = 0; outColumn < columns.outSize; outColumn += 1) {
            rows.taps.forEach((down, tapRow) => {
              columns.taps.forEach((across, tapColumn) => {
                const at = (outRow + down.shift) * pitch + outColumn + across.shift;
                const row = outRow * rows.stride + tapRow * vertical.dilation - rows.before;
                const column = outColumn * columns.stride + tapColumn * horizontal.dilation - columns.before;
                const isInside = row >= 0 && column >= 0 && row < rows.inSize && column < columns.inSize;
                expect(planes[down.phase]?.[across.phase]?.[at]).toBe(isInside ? `${row},${column}` : 'zero');
              });
            });
          }
        }

        function filled(rowPhase: number, columnPhase: number): string[] {
          const plane = Array.from({ length: inPlane }, () => 'zero');
          const down = spanOf(rows, rowPhase, 0, rows.outSize + rows.mostShift);
          const across = spanOf(columns, columnPhase, 0, columns.outSize + columns.mostShift);
          for (let row = down.first; row < down.end; row += 1) {
            for (let column = across.first; column < across.end; column += 1) {
              const sourceRow = down.source + (row - down.first) * rows.stride;
              const sourceColumn = across.source + (column - across.first) * columns.stride;
              plane[row * pitch + column] = `${sourceRow},${sourceColumn}`;
            }
          }
          return plane;
        }
      }),
    );
  });
});
