import { describe, expect, it } from 'vitest';
import { constantSparsity } from './constant-sparsity.js';
import { ScheduleError } from './schedule-error.js';

describe('constantSparsity', () => {
  it.each([
    // step, update: tfmot's rule for begin 200, end 500, frequency 100
    [0, false],
    [199, false],
    [200, true],
    [201, false],
    [299, false],
    [300, true],
    [500, true],
    [501, false],
    [600, false],
  ])('at step %i updates: %s', (step, update) => {
    const schedule = constantSparsity({ targetSparsity: 0.5, beginStep: 200, endStep: 500 });
    expect(schedule.at(step)).toEqual({ update, sparsity: 0.5 });
  });

  it('counts the frequency from beginStep', () => {
    const { at } = constantSparsity({ targetSparsity: 0.5, beginStep: 3, frequency: 4 });
    const updates = Array.from({ length: 16 }, (_, step) => step).filter((step) => at(step).update);
    expect(updates).toEqual([3, 7, 11, 15]);
  });

  it('has no end by default, and updates every 100 steps', () => {
    const { at } = constantSparsity({ targetSparsity: 0.5, beginStep: 0 });
    expect(at(0).update).toBe(true);
    expect(at(99).update).toBe(false);
    expect(at(100).update).toBe(true);
    expect(at(1e9).update).toBe(true);
  });

  it('updates once when it begins and ends at the same step', () => {
    const { at } = constantSparsity({ targetSparsity: 0, beginStep: 7, endStep: 7, frequency: 1 });
    expect([6, 7, 8].map((step) => at(step).update)).toEqual([false, true, false]);
  });

  it.each([
    [{ beginStep: -1 }, 'beginStep must be an integer of at least 0, but is -1.'],
    [{ beginStep: 0.5 }, 'beginStep must be an integer of at least 0, but is 0.5.'],
    [{ endStep: -2 }, 'endStep must be an integer of at least 0, or -1 for no end, but is -2.'],
    [{ endStep: 1.5 }, 'endStep must be an integer of at least 0, or -1 for no end, but is 1.5.'],
    [{ beginStep: 10, endStep: 9 }, 'beginStep must be at most endStep, which is 9, but is 10.'],
    [{ frequency: 0 }, 'frequency must be an integer of at least 1, but is 0.'],
    [{ frequency: 2.5 }, 'frequency must be an integer of at least 1, but is 2.5.'],
    [{ targetSparsity: 1 }, 'targetSparsity must be a number of at least 0 and below 1, but is 1.'],
    [{ targetSparsity: -0.1 }, 'targetSparsity must be a number of at least 0 and below 1, but is -0.1.'],
    [
      { targetSparsity: Number.NaN },
      'targetSparsity must be a number of at least 0 and below 1, but is NaN.',
    ],
    // tfmot's order: begin, end, begin <= end, frequency, sparsity
    [{ beginStep: -1, endStep: -2, frequency: 0, targetSparsity: 2 }, /^beginStep/],
    [{ endStep: -2, frequency: 0, targetSparsity: 2 }, /^endStep/],
    [{ beginStep: 5, endStep: 4, frequency: 0, targetSparsity: 2 }, /^beginStep/],
    [{ frequency: 0, targetSparsity: 2 }, /^frequency/],
  ])('refuses %o', (options, message) => {
    const make = () => constantSparsity({ targetSparsity: 0.5, beginStep: 0, ...options });
    expect(make).toThrow(message);
    expect(make).toThrow(ScheduleError);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses step %d', (step) => {
    const { at } = constantSparsity({ targetSparsity: 0.5, beginStep: 0 });
    expect(() => at(step)).toThrow(`step must be an integer of at least 0, but is ${step}.`);
  });
});
