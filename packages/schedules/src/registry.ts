import { show } from './checks.js';
import { constantSparsity } from './constant-sparsity.js';
import { polynomialDecay } from './polynomial-decay.js';
import { readNumbers } from './read-numbers.js';
import type { PruningSchedule, ScheduleConfig } from './schedule.js';
import { ScheduleError } from './schedule-error.js';

/** Makes a schedule of its configuration. It checks what it is given: the configuration may come from a file. */
export type ScheduleFromConfig = (config: ScheduleConfig) => PruningSchedule;

const builtIn: ReadonlyMap<string, ScheduleFromConfig> = new Map<string, ScheduleFromConfig>([
  [
    'constantSparsity',
    (config) =>
      constantSparsity(readNumbers(config, ['targetSparsity', 'beginStep'], ['endStep', 'frequency'])),
  ],
  [
    'polynomialDecay',
    (config) =>
      polynomialDecay(
        readNumbers(
          config,
          ['initialSparsity', 'finalSparsity', 'beginStep', 'endStep'],
          ['power', 'frequency'],
        ),
      ),
  ],
]);

const registered = new Map<string, ScheduleFromConfig>();

/**
 * Makes a kind of schedule known to {@link scheduleFromConfig}, so that a saved model that uses it can be loaded.
 *
 * Call it from your program, not from the top level of a package that says it has no side effects. Registering the
 * same function again does nothing.
 *
 * @param kind - the `kind` of the configurations that `fromConfig` takes.
 * @param fromConfig - makes the schedule, and checks the configuration.
 * @throws ScheduleError when `kind` is empty, built in, or registered with another function.
 *
 * @example
 * ```ts
 * import { registerSchedule, scheduleFromConfig } from '@secateur/schedules';
 *
 * registerSchedule('once', (config) => ({
 *   at: (step) => ({ update: step === config.step, sparsity: Number(config.sparsity) }),
 *   getConfig: () => config,
 * }));
 * console.log(scheduleFromConfig({ kind: 'once', step: 500, sparsity: 0.8 }).at(500)); // { update: true, sparsity: 0.8 }
 * ```
 */
export function registerSchedule(kind: string, fromConfig: ScheduleFromConfig): void {
  if (typeof kind !== 'string' || kind.trim() !== kind || kind === '') {
    throw new ScheduleError(`kind must be a name, without spaces around it, but is ${show(kind)}.`, {
      option: 'kind',
      value: kind,
    });
  }
  if (typeof fromConfig !== 'function') {
    throw new ScheduleError(`fromConfig must be a function, but is ${show(fromConfig)}.`, {
      option: 'fromConfig',
      value: fromConfig,
    });
  }
  if (builtIn.has(kind)) {
    throw new ScheduleError(`kind "${kind}" is built in; register the schedule under another name.`, {
      option: 'kind',
      value: kind,
    });
  }
  const other = registered.get(kind);
  if (other !== undefined && other !== fromConfig) {
    throw new ScheduleError(`kind "${kind}" is registered already, with another function.`, {
      option: 'kind',
      value: kind,
    });
  }
  registered.set(kind, fromConfig);
}

/**
 * The schedule that a configuration describes: the inverse of `getConfig`.
 *
 * Parameters with a default may be left out; a parameter that a built-in kind doesn't have is an error.
 *
 * @throws ScheduleError when the kind is unknown, or a parameter is missing, unknown or not allowed.
 *
 * @example
 * ```ts
 * import { constantSparsity, scheduleFromConfig } from '@secateur/schedules';
 *
 * const config = constantSparsity({ targetSparsity: 0.5, beginStep: 0 }).getConfig?.();
 * console.log(JSON.stringify(config));
 * if (config) console.log(scheduleFromConfig(config).at(100)); // { update: true, sparsity: 0.5 }
 * ```
 */
export function scheduleFromConfig(config: ScheduleConfig): PruningSchedule {
  const kind: unknown = typeof config === 'object' && config !== null ? config.kind : undefined;
  const fromConfig = typeof kind === 'string' ? (builtIn.get(kind) ?? registered.get(kind)) : undefined;
  if (fromConfig === undefined) {
    const known = [...builtIn.keys(), ...registered.keys()].map((name) => `"${name}"`).join(', ');
    throw new ScheduleError(
      `No schedule of kind ${show(kind)} is registered; known are ${known}. Register it with registerSchedule.`,
      { option: 'kind', value: kind },
    );
  }
  const schedule: unknown = fromConfig(config);
  if (!isSchedule(schedule)) {
    throw new ScheduleError(
      `The function registered for kind ${show(kind)} gave ${show(schedule)}, not a schedule.`,
      {
        option: 'kind',
        value: kind,
      },
    );
  }
  return schedule;
}

function isSchedule(value: unknown): value is PruningSchedule {
  return typeof value === 'object' && value !== null && 'at' in value && typeof value.at === 'function';
}
