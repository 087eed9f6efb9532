import { checkStep, refusal } from './checks.js';

/** The steps at which masks are updated: every `frequency` steps from `beginStep` to `endStep`, both ends included. */
interface UpdateSteps {
  readonly beginStep: number;
  /** -1: without end. */
  readonly endStep: number;
  readonly frequency: number;
}

/** Checks the options in tfmot's order. `mustEnd` refuses an `endStep` of -1. */
export function checkUpdateSteps({ beginStep, endStep, frequency }: UpdateSteps, mustEnd: boolean): void {
  checkStep('beginStep', beginStep);
  if (mustEnd) checkStep('endStep', endStep);
  else if (endStep !== -1 && !(Number.isSafeInteger(endStep) && endStep >= 0)) {
    throw refusal('endStep', endStep, 'an integer of at least 0, or -1 for no end');
  }
  if (endStep !== -1 && beginStep > endStep) {
    throw refusal('beginStep', beginStep, `at most endStep, which is ${endStep}`);
  }
  if (!(Number.isSafeInteger(frequency) && frequency > 0)) {
    throw refusal('frequency', frequency, 'an integer of at least 1');
  }
}

/** Whether masks are updated at `step`, which must be an integer of at least 0. */
export function isUpdateStep({ beginStep, endStep, frequency }: UpdateSteps, step: number): boolean {
  checkStep('step', step);
  const within = step >= beginStep && (endStep === -1 || step <= endStep);
  return within && (step - beginStep) % frequency === 0;
}
