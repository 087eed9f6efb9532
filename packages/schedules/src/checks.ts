import { ScheduleError } from './schedule-error.js';

/** A value as an error message shows it: `0.5`, `"0.5"`, `NaN`, `undefined`, `[object Object]`. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** The error for `option`, which got `value` and allows only what `allowed` says. */
export function refusal(option: string, value: unknown, allowed: string): ScheduleError {
  return new ScheduleError(`${option} must be ${allowed}, but is ${show(value)}.`, { option, value });
}

/** Checks that `value` is a sparsity: a number in [0, 1). */
export function checkSparsity(option: string, value: number): void {
  if (!(typeof value === 'number' && value >= 0 && value < 1)) {
    throw refusal(option, value, 'a number of at least 0 and below 1');
  }
}

/** Checks that `step` counts something: an integer of at least 0. */
export function checkStep(option: string, step: number): void {
  if (!(Number.isSafeInteger(step) && step >= 0)) throw refusal(option, step, 'an integer of at least 0');
}
