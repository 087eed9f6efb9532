import { type BlockOptions, block } from './block.js';
import { show } from './checks.js';
import { magnitude } from './magnitude.js';
import { MaskError } from './mask-error.js';
import { type NmOptions, nm } from './nm.js';
import type { RankingOptions } from './ranking.js';
import type { MaskStrategy, StrategyConfig } from './strategy.js';
import { filters, neurons, type UnitOptions } from './units.js';

/** Makes a strategy of its configuration. It checks what it is given: the configuration may come from a file. */
export type StrategyFromConfig = (config: StrategyConfig) => MaskStrategy;

const ranking = ['ties', 'scope', 'minKept'];

const builtIn: ReadonlyMap<string, StrategyFromConfig> = new Map<string, StrategyFromConfig>([
  ['magnitude', (config) => magnitude(readOptions<RankingOptions>(config, ranking))],
  ['block', (config) => block(readOptions<BlockOptions>(config, ['blockSize', 'pooling', ...ranking]))],
  ['nm', (config) => nm(readOptions<NmOptions>(config, ['zeros', 'group']))],
  ['neurons', (config) => neurons(readOptions<UnitOptions>(config, ['norm', ...ranking]))],
  ['filters', (config) => filters(readOptions<UnitOptions>(config, ['norm', ...ranking]))],
]);

const registered = new Map<string, StrategyFromConfig>();

/**
 * Makes a kind of strategy known to {@link strategyFromConfig}, so that a saved model that uses it can be loaded.
 *
 * Call it from your program, not from the top level of a package that says it has no side effects. Registering the
 * same function again does nothing.
 *
 * @param kind - the `kind` of the configurations that `fromConfig` takes.
 * @param fromConfig - makes the strategy, and checks the configuration.
 * @throws MaskError when `kind` is empty, built in, or registered with another function.
 *
 * @example
 * ```ts
 * import { fromFunction, packMask, registerStrategy, strategyFromConfig } from '@secateur/masks';
 *
 * registerStrategy('above', ({ kind, limit = 0 }) =>
 *   fromFunction((weight) => packMask(Array.from(weight.values, (value) => Math.abs(value) > Number(limit))), {
 *     kind,
 *     config: { limit },
 *   }),
 * );
 * console.log(strategyFromConfig({ kind: 'above', limit: 0.1 }).getConfig?.()); // { limit: 0.1, kind: 'above' }
 * ```
 */
export function registerStrategy(kind: string, fromConfig: StrategyFromConfig): void {
  if (typeof kind !== 'string' || kind.trim() !== kind || kind === '') {
    throw new MaskError(`kind must be a name, without spaces around it, but is ${show(kind)}.`, {
      option: 'kind',
      value: kind,
    });
  }
  if (typeof fromConfig !== 'function') {
    throw new MaskError(`fromConfig must be a function, but is ${show(fromConfig)}.`, {
      option: 'fromConfig',
      value: fromConfig,
    });
  }
  if (builtIn.has(kind)) {
    throw new MaskError(`kind "${kind}" is built in; register the strategy under another name.`, {
      option: 'kind',
      value: kind,
    });
  }
  const other = registered.get(kind);
  if (other !== undefined && other !== fromConfig) {
    throw new MaskError(`kind "${kind}" is registered already, with another function.`, {
      option: 'kind',
      value: kind,
    });
  }
  registered.set(kind, fromConfig);
}

/**
 * The strategy that a configuration describes: the inverse of `getConfig`.
 *
 * Parameters with a default may be left out; a parameter that a built-in kind doesn't have is an error.
 *
 * @throws MaskError when the kind is unknown, or a parameter is missing, unknown or not allowed.
 *
 * @example
 * ```ts
 * import { block, strategyFromConfig } from '@secateur/masks';
 *
 * const config = block({ blockSize: [1, 4] }).getConfig?.();
 * console.log(JSON.stringify(config));
 * if (config) console.log(strategyFromConfig(config).scope); // tensor
 * ```
 */
export function strategyFromConfig(config: StrategyConfig): MaskStrategy {
  const kind: unknown = typeof config === 'object' && config !== null ? config.kind : undefined;
  const fromConfig = typeof kind === 'string' ? (builtIn.get(kind) ?? registered.get(kind)) : undefined;
  if (fromConfig === undefined) {
    const known = [...builtIn.keys(), ...registered.keys()].map((name) => `"${name}"`).join(', ');
    throw new MaskError(
      `No strategy of kind ${show(kind)} is registered; known are ${known}. Register it with registerStrategy.`,
      { option: 'kind', value: kind },
    );
  }
  const strategy: unknown = fromConfig(config);
  if (!isStrategy(strategy)) {
    throw new MaskError(
      `The function registered for kind ${show(kind)} gave ${show(strategy)}, not a strategy.`,
      {
        option: 'kind',
        value: kind,
      },
    );
  }
  return strategy;
}

function isStrategy(value: unknown): value is MaskStrategy {
  return typeof value === 'object' && value !== null && 'masks' in value && typeof value.masks === 'function';
}

/** The options in a configuration. Only their names are checked here; the strategies check their values. */
function readOptions<Options>(config: StrategyConfig, names: readonly string[]): Options {
  const { kind, ...options } = config;
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new MaskError(`"${kind}" has no option ${name}; it has ${names.join(', ')}.`, {
        option: name,
        value: options[name],
      });
    }
  }
  return options as unknown as Options;
}
