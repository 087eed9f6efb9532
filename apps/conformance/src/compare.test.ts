import { describe, expect, it } from 'vitest';
import { countDifferent, largestDifference } from './compare.js';
import { report, reportText } from './report.js';

describe('largestDifference', () => {
  it('is the largest distance at any place', () => {
    expect(largestDifference([1, 2, 3], [1, 2.5, 2.75])).toBe(0.5);
    expect(largestDifference([], [])).toBe(0);
  });

  it('takes NaN and another length for infinitely far', () => {
    expect(largestDifference([1, Number.NaN], [1, 2])).toBe(Number.POSITIVE_INFINITY);
    expect(largestDifference([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
    expect(largestDifference([Number.NaN], [Number.NaN])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('countDifferent', () => {
  it('counts places', () => {
    expect(countDifferent([0, 1, 1], Uint8Array.of(0, 1, 0))).toBe(1);
    expect(countDifferent([true, false], [true, false])).toBe(0);
  });

  it('takes another length for different at every place', () => {
    expect(countDifferent([0, 1], [])).toBe(2);
  });
});

describe('report', () => {
  const rows = [
    { suite: 'masks', name: 'a', passed: true, detail: 'fine', tfmotBug: 'it crashes' },
    { suite: 'masks', name: 'b', passed: false, detail: '3 bits differ' },
  ];

  it('counts what passed and what failed', () => {
    expect(report(rows)).toEqual({ passed: 1, failed: 1, rows });
  });

  it('tells people of failures and of the bugs of tfmot', () => {
    const text = reportText(report(rows));
    expect(text).toContain('FAILED masks: b\n    3 bits differ');
    expect(text).toContain('it crashes (1 row)');
    expect(text).toContain('1 passed, 1 failed');
  });
});
