import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantSparsity } from './constant-sparsity.js';
import { polynomialDecay } from './polynomial-decay.js';
import { registerSchedule, type ScheduleFromConfig, scheduleFromConfig } from './registry.js';
import type { PruningSchedule, ScheduleConfig } from './schedule.js';
import { ScheduleError } from './schedule-error.js';

/** The configuration as a file would give it back. */
function stored(schedule: PruningSchedule): ScheduleConfig {
  return JSON.parse(JSON.stringify(schedule.getConfig?.()));
}

const sparsity = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const anySchedule = fc.oneof(
  fc
    .record({ targetSparsity: sparsity, beginStep: fc.nat(100), frequency: fc.integer({ min: 1, max: 50 }) })
    .chain((options) =>
      fc.constantFrom(-1, options.beginStep, 500).map((endStep) => constantSparsity({ ...options, endStep })),
    ),
  fc
    .record({
      initialSparsity: sparsity,
      finalSparsity: sparsity,
      beginStep: fc.nat(100),
      endStep: fc.integer({ min: 100, max: 500 }),
      power: fc.double({ min: 0.1, max: 9, noNaN: true }),
      frequency: fc.integer({ min: 1, max: 50 }),
    })
    .map(polynomialDecay),
);

describe('scheduleFromConfig', () => {
  it('gives the same schedule back', () => {
    fc.assert(
      fc.property(anySchedule, fc.array(fc.nat(600), { minLength: 1 }), (schedule, steps) => {
        const again = scheduleFromConfig(stored(schedule));
        expect(stored(again)).toEqual(stored(schedule));
        for (const step of steps) expect(again.at(step)).toEqual(schedule.at(step));
      }),
    );
  });

  it('fills in defaults', () => {
    expect(
      scheduleFromConfig({ kind: 'constantSparsity', targetSparsity: 0.5, beginStep: 0 }).getConfig?.(),
    ).toEqual({ kind: 'constantSparsity', targetSparsity: 0.5, beginStep: 0, endStep: -1, frequency: 100 });
  });

  it.each<[unknown, string | RegExp]>([
    [
      { kind: 'cosine' },
      /^No schedule of kind "cosine" is registered; known are "constantSparsity", "polynomialDecay"/,
    ],
    [{ kind: '__proto__' }, /^No schedule of kind "__proto__"/],
    [{}, /^No schedule of kind undefined/],
    [null, /^No schedule of kind undefined/],
    [{ kind: 'constantSparsity', beginStep: 0 }, 'targetSparsity must be a number, but is undefined.'],
    [
      { kind: 'constantSparsity', targetSparsity: '0.5', beginStep: 0 },
      'targetSparsity must be a number, but is "0.5".',
    ],
    [
      { kind: 'constantSparsity', targetSparsity: 0.5, beginStep: 0, frequency: null },
      'frequency must be a number, but is null.',
    ],
    [
      { kind: 'constantSparsity', targetSparsity: 0.5, beginStep: 0, power: 3 },
      '"constantSparsity" has no parameter power; it has targetSparsity, beginStep, endStep, frequency.',
    ],
    [{ kind: 'constantSparsity', targetSparsity: 1.5, beginStep: 0 }, /^targetSparsity must be a number of/],
  ])('refuses %j', (config, message) => {
    const load = () => scheduleFromConfig(config as ScheduleConfig);
    expect(load).toThrow(message);
    expect(load).toThrow(ScheduleError);
  });
});

describe('registerSchedule', () => {
  const never: ScheduleFromConfig = () => ({ at: () => ({ update: false, sparsity: 0 }) });

  it('makes a kind known', () => {
    registerSchedule('test-never', never);
    expect(scheduleFromConfig({ kind: 'test-never' }).at(3)).toEqual({ update: false, sparsity: 0 });
    expect(() => scheduleFromConfig({ kind: 'nope' })).toThrow(/"test-never"/);
  });

  it('takes the same function again, but no other', () => {
    registerSchedule('test-again', never);
    registerSchedule('test-again', never);
    expect(() => registerSchedule('test-again', (config) => never(config))).toThrow(
      'kind "test-again" is registered already, with another function.',
    );
  });

  it.each(['', ' a', 'a ', undefined, 3])('refuses kind %j', (kind) => {
    expect(() => registerSchedule(kind as string, never)).toThrow(/^kind must be a name/);
  });

  it('refuses a kind that is built in', () => {
    expect(() => registerSchedule('polynomialDecay', never)).toThrow(/^kind "polynomialDecay" is built in/);
  });

  it('refuses what is no function, and what gives no schedule', () => {
    expect(() => registerSchedule('test-none', undefined as unknown as ScheduleFromConfig)).toThrow(
      'fromConfig must be a function, but is undefined.',
    );
    registerSchedule('test-hollow', () => ({}) as PruningSchedule);
    expect(() => scheduleFromConfig({ kind: 'test-hollow' })).toThrow(/gave an object, not a schedule/);
  });
});

describe('ScheduleError', () => {
  it('names the option and the value', () => {
    const error = new ScheduleError('No.', { option: 'power', value: 0 });
    expect(error).toMatchObject({ name: 'ScheduleError', option: 'power', value: 0, message: 'No.' });
  });

  it('is recognised across copies of the package', async () => {
    const path = './schedule-error.js?copy';
    const copy = (await import(path)) as typeof import('./schedule-error.js');
    expect(copy.ScheduleError).not.toBe(ScheduleError);
    expect(ScheduleError.isInstance(new copy.ScheduleError('No.'))).toBe(true);
    expect(ScheduleError.isInstance(new Error('No.'))).toBe(false);
    expect(ScheduleError.isInstance(null)).toBe(false);
  });
});
