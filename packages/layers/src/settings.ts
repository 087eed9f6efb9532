import {
  fromFunction,
  type JsonValue,
  type MaskFunction,
  type MaskStrategy,
  magnitude,
  type StrategyConfig,
  strategyFromConfig,
} from '@secateur/masks';
import { type PruningSchedule, type ScheduleConfig, scheduleFromConfig } from '@secateur/schedules';
import { PruningError } from './errors.js';

/** How one layer is pruned. */
export interface LayerPruning {
  /** When to prune, and how much. */
  readonly schedule?: PruningSchedule;
  /** Which weights go: a strategy, or a function of one weight. Default: `magnitude()`. */
  readonly strategy?: MaskStrategy | MaskFunction;
  /**
   * Names of the weights to prune, such as `['depthwise_kernel']`.
   * Default: the layer's usual ones, see {@link prunableWeights}.
   */
  readonly weights?: readonly string[];
  /** Whether a pruned weight may come back at a later mask update, as in tfmot. Default: true. */
  readonly regrowth?: boolean;
  /**
   * The step at which the schedule is first asked, before the first batch. Default: 0, so that a schedule that begins
   * at 0 prunes at once. tfmot's is 1.
   */
  readonly firstStep?: 0 | 1;
}

/** {@link LayerPruning} with every choice made. */
export interface PruningSettings {
  /** When to prune, and how much. */
  readonly schedule: PruningSchedule;
  /** Which weights go. */
  readonly strategy: MaskStrategy;
  /** Names of the weights to prune; undefined for the layer's usual ones. */
  readonly weights: readonly string[] | undefined;
  /** Whether a pruned weight may come back. */
  readonly regrowth: boolean;
  /** The step at which the schedule is first asked. */
  readonly firstStep: 0 | 1;
}

/** Checks the choices for a layer and fills in the defaults. */
export function settle(pruning: LayerPruning, layerName: string): PruningSettings {
  const { schedule, strategy = magnitude(), weights, regrowth = true, firstStep = 0 } = pruning;
  const wrong = (option: string, value: unknown, allowed: string): never => {
    throw refusal(layerName, option, value, allowed);
  };
  if (typeof schedule?.at !== 'function') {
    return wrong(
      'schedule',
      schedule,
      'pass a schedule, such as constantSparsity({ targetSparsity: 0.5, beginStep: 0 })',
    );
  }
  if (typeof strategy !== 'function' && typeof strategy?.masks !== 'function') {
    return wrong(
      'strategy',
      strategy,
      'pass a strategy, such as magnitude(), or a function of a weight and a sparsity',
    );
  }
  if (typeof regrowth !== 'boolean') return wrong('regrowth', regrowth, 'true or false');
  if (firstStep !== 0 && firstStep !== 1) return wrong('firstStep', firstStep, '0 or 1');
  checkWeightNames(weights, layerName);
  return {
    schedule,
    strategy: typeof strategy === 'function' ? fromFunction(strategy) : strategy,
    weights,
    regrowth,
    firstStep,
  };
}

export function checkWeightNames(weights: unknown, layerName: string): void {
  const allowed =
    weights === undefined ||
    (Array.isArray(weights) && weights.every((name: unknown) => typeof name === 'string'));
  if (!allowed) throw refusal(layerName, 'weights', weights, "a list of weight names, such as ['kernel']");
}

function refusal(layerName: string, option: string, value: unknown, allowed: string): PruningError {
  return new PruningError(
    `${option} of layer "${layerName}": got ${describe(value)}; ${allowed}`,
    option,
    value,
  );
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

/** The settings as JSON text, the form in which a saved model holds them. */
export function settingsToJson(settings: PruningSettings, layerName: string): string {
  const schedule = settings.schedule.getConfig?.();
  const strategy = settings.strategy.getConfig?.();
  const missing = schedule === undefined ? 'schedule' : strategy === undefined ? 'strategy' : undefined;
  if (missing !== undefined) {
    throw new PruningError(
      `The ${missing} of layer "${layerName}" has no getConfig, so the wrapped model can't be saved; ` +
        `give it one and register it, or strip the model first`,
      missing,
      settings[missing as 'schedule' | 'strategy'],
    );
  }
  const { weights, regrowth, firstStep } = settings;
  return JSON.stringify({ schedule, strategy, weights, regrowth, firstStep });
}

/** The settings that a wrapper's config holds under `pruning`. It may come from anywhere: all of it is checked. */
export function settingsFromJson(pruning: unknown, layerName: string): PruningSettings {
  const json = typeof pruning === 'object' && pruning !== null && 'name' in pruning ? pruning.name : pruning;
  try {
    const { schedule, strategy, weights, regrowth, firstStep } = parseObject(json);
    return settle(
      {
        schedule: scheduleFromConfig(schedule as ScheduleConfig),
        strategy: strategyFromConfig(strategy as StrategyConfig),
        ...(weights === undefined ? {} : { weights: weights as readonly string[] }),
        regrowth: regrowth as boolean,
        firstStep: firstStep as 0 | 1,
      },
      layerName,
    );
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new PruningError(
      `The pruning settings of layer "${layerName}" can't be used: ${message}`,
      'pruning',
      json,
      cause,
    );
  }
}

function parseObject(json: unknown): Readonly<Record<string, JsonValue>> {
  const parsed: unknown = typeof json === 'string' ? JSON.parse(json) : undefined;
  if (typeof parsed !== 'object' || parsed === null) throw new SyntaxError('not a JSON object');
  return parsed as Readonly<Record<string, JsonValue>>;
}
