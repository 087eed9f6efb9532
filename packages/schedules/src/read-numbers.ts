import { refusal } from './checks.js';
import type { ScheduleConfig } from './schedule.js';
import { ScheduleError } from './schedule-error.js';

/** The numbers of a configuration by name; the ones in `required` must be there, and no others than these may be. */
export function readNumbers<Required extends string, Optional extends string>(
  config: ScheduleConfig,
  required: readonly Required[],
  optional: readonly Optional[],
): Record<Required, number> & Partial<Record<Optional, number>> {
  const names: readonly string[] = [...required, ...optional];
  for (const name of Object.keys(config)) {
    if (name !== 'kind' && !names.includes(name)) {
      throw new ScheduleError(`"${config.kind}" has no parameter ${name}; it has ${names.join(', ')}.`, {
        option: name,
        value: config[name],
      });
    }
  }
  const read = (name: string): number => {
    const value = Object.hasOwn(config, name) ? config[name] : undefined;
    if (typeof value !== 'number') throw refusal(name, value, 'a number');
    return value;
  };
  const entries = [
    ...required.map((name) => [name, read(name)] as const),
    ...optional.filter((name) => Object.hasOwn(config, name)).map((name) => [name, read(name)] as const),
  ];
  return Object.fromEntries(entries) as Record<Required, number> & Partial<Record<Optional, number>>;
}
