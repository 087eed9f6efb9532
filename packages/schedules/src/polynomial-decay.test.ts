import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { polynomialDecay } from './polynomial-decay.js';

const options = { initialSparsity: 0.2, finalSparsity: 0.8, beginStep: 1000, endStep: 2000 };

/** tfmot's formula worked out by hand: final + (initial - final) * (1 - p) ^ power. */
const table: [power: number, step: number, sparsity: number][] = [
  [3, 0, 0.2],
  [3, 1000, 0.2],
  [3, 1100, 0.3626], // 0.8 - 0.6 * 0.729
  [3, 1250, 0.546875], // 0.8 - 0.6 * 0.421875
  [3, 1500, 0.725], // 0.8 - 0.6 * 0.125
  [3, 1900, 0.7994], // 0.8 - 0.6 * 0.001
  [3, 2000, 0.8],
  [3, 9999, 0.8],
  [1, 1000, 0.2],
  [1, 1250, 0.35],
  [1, 1500, 0.5],
  [1, 2000, 0.8],
  [2, 1500, 0.65], // 0.8 - 0.6 * 0.25
  [0.5, 1750, 0.5], // 0.8 - 0.6 * 0.5
];

/** Schedules of any shape, rising and falling. */
const anySchedule = fc
  .record({
    initialSparsity: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    finalSparsity: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    beginStep: fc.nat(5000),
    length: fc.nat(5000),
    power: fc.double({ min: 0.1, max: 8, noNaN: true }),
    frequency: fc.integer({ min: 1, max: 500 }),
  })
  .map(({ length, ...rest }) => ({ ...rest, endStep: rest.beginStep + length }));

describe('polynomialDecay', () => {
  it.each(table)('with power %d at step %i has sparsity %d', (power, step, sparsity) => {
    expect(polynomialDecay({ ...options, power }).at(step).sparsity).toBeCloseTo(sparsity, 14);
  });

  it.each([
    [999, false],
    [1000, true],
    [1050, false],
    [1100, true],
    [2000, true],
    [2100, false],
  ])('at step %i updates: %s', (step, update) => {
    expect(polynomialDecay(options).at(step).update).toBe(update);
  });

  it('applies its initial sparsity before the first batch when it begins at step 0', () => {
    const { at } = polynomialDecay({ initialSparsity: 0.5, finalSparsity: 0.8, beginStep: 0, endStep: 100 });
    expect(at(0)).toEqual({ update: true, sparsity: 0.5 });
  });

  it('is at its final sparsity when it begins and ends at the same step', () => {
    const { at } = polynomialDecay({ ...options, beginStep: 50, endStep: 50 });
    expect(at(49)).toEqual({ update: false, sparsity: 0.2 });
    expect(at(50)).toEqual({ update: true, sparsity: 0.8 });
    expect(at(51)).toEqual({ update: false, sparsity: 0.8 });
  });

  it('moves monotonely from exactly the initial to exactly the final sparsity', () => {
    fc.assert(
      fc.property(anySchedule, fc.nat(11000), fc.nat(11000), (config, a, b) => {
        const { at } = polynomialDecay(config);
        const { initialSparsity, finalSparsity, beginStep, endStep } = config;
        expect(at(endStep).sparsity).toBe(finalSparsity);
        if (beginStep < endStep) expect(at(beginStep).sparsity).toBe(initialSparsity);
        const early = at(Math.min(a, b)).sparsity;
        const late = at(Math.max(a, b)).sparsity;
        for (const sparsity of [early, late]) {
          expect(sparsity).toBeGreaterThanOrEqual(Math.min(initialSparsity, finalSparsity));
          expect(sparsity).toBeLessThanOrEqual(Math.max(initialSparsity, finalSparsity));
        }
        expect(Math.sign(finalSparsity - initialSparsity) * (late - early)).toBeGreaterThanOrEqual(-1e-15);
      }),
    );
  });

  it('updates every frequency steps from begin to end, and nowhere else', () => {
    fc.assert(
      fc.property(anySchedule, (config) => {
        const { at } = polynomialDecay(config);
        const { beginStep, endStep, frequency } = config;
        const expected: number[] = [];
        for (let step = beginStep; step <= endStep; step += frequency) expected.push(step);
        const updates: number[] = [];
        for (let step = 0; step <= endStep + frequency; step++) if (at(step).update) updates.push(step);
        expect(updates).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [{ endStep: -1 }, 'endStep must be an integer of at least 0, but is -1.'],
    [{ beginStep: -1, endStep: -1 }, /^beginStep/],
    [{ beginStep: 2001 }, 'beginStep must be at most endStep, which is 2000, but is 2001.'],
    [{ frequency: -1, initialSparsity: 1 }, /^frequency/],
    [{ initialSparsity: 1, finalSparsity: 1 }, /^initialSparsity/],
    [{ finalSparsity: 1 }, 'finalSparsity must be a number of at least 0 and below 1, but is 1.'],
    [{ power: 0 }, 'power must be a number above 0, but is 0.'],
    [{ power: Number.POSITIVE_INFINITY }, 'power must be a number above 0, but is Infinity.'],
  ])('refuses %o', (change, message) => {
    expect(() => polynomialDecay({ ...options, ...change })).toThrow(message);
  });

  it('refuses a step that is none', () => {
    expect(() => polynomialDecay(options).at(-1)).toThrow(
      'step must be an integer of at least 0, but is -1.',
    );
    expect(() => polynomialDecay(options).at(Number.NaN)).toThrow('but is NaN.');
  });
});
