import {
  constantSparsity,
  type PruningSchedule,
  polynomialDecay,
  ScheduleError,
  scheduleFromConfig,
} from '@secateur/schedules';
import { countDifferent, largestDifference } from './compare.js';
import { askPeer } from './peer.js';
import type { Row } from './row.js';
import {
  refusalCases,
  type ScheduleCase,
  uncheckedCases,
  type ValueCase,
  valueCases,
  zeroLengthCases,
} from './schedule-cases.js';

/** tfmot computes in float32, ours in double precision. */
const tolerance = 2e-7;

interface Answer {
  readonly values: readonly {
    readonly update: readonly boolean[];
    /** null stands for NaN. */
    readonly sparsity: readonly (number | null)[];
    readonly config: { readonly config: Readonly<Record<string, number>> };
    readonly reloadFailure: string | null;
  }[];
  readonly refusals: readonly Refusal[];
}

interface Refusal {
  readonly refused: string | null;
  /** What comes of parameters that tfmot did not refuse. */
  readonly use: string | null;
}

/** tfmot's parameter names in our case. */
function ourOptions(parameters: Readonly<Record<string, number>>): Record<string, number> {
  const camelCase = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [camelCase(name), value]));
}

const factories = {
  ConstantSparsity: constantSparsity as (options: never) => PruningSchedule,
  PolynomialDecay: polynomialDecay as (options: never) => PruningSchedule,
};

/** Our schedule for tfmot's parameters. */
export function ourSchedule({ kind, parameters }: ScheduleCase): PruningSchedule {
  return factories[kind](ourOptions(parameters) as never);
}

const nameOf = ({ kind, parameters }: ScheduleCase): string =>
  `${kind}(${Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')})`;

function valueRow(example: ValueCase, theirs: Answer['values'][number]): Row {
  const schedule = ourSchedule(example);
  const ours = Array.from({ length: example.steps }, (_, step) => schedule.at(step));
  const updates = ours.map(({ update }) => update);
  const apart = countDifferent(updates, theirs.update);
  const difference = largestDifference(
    ours.map(({ sparsity }) => sparsity),
    theirs.sparsity.map((sparsity) => sparsity ?? Number.NaN),
  );
  return {
    suite: 'schedules',
    name: nameOf(example),
    passed: apart === 0 && difference <= tolerance,
    detail: `${example.steps} steps: update differs at ${apart}, sparsity by at most ${difference.toExponential(1)}`,
  };
}

/** Where tfmot is NaN, ours has arrived at the final sparsity; elsewhere both agree. */
function zeroLengthRow(example: ValueCase, theirs: Answer['values'][number]): Row {
  const schedule = ourSchedule(example);
  const { begin_step: begin, final_sparsity: final = Number.NaN } = example.parameters;
  const undefinedAt = theirs.sparsity.flatMap((sparsity, step) => (sparsity === null ? [step] : []));
  const expected = theirs.sparsity.map((sparsity) => sparsity ?? final);
  const ours = expected.map((_, step) => schedule.at(step));
  const difference = largestDifference(
    ours.map(({ sparsity }) => sparsity),
    expected,
  );
  const apart = countDifferent(
    ours.map(({ update }) => update),
    theirs.update,
  );
  return {
    suite: 'schedules',
    name: nameOf(example),
    passed: apart === 0 && difference <= tolerance && undefinedAt.length === 1 && undefinedAt[0] === begin,
    detail: `tfmot is NaN at step ${undefinedAt}, ours is ${schedule.at(begin ?? 0).sparsity}; elsewhere they agree`,
    tfmotBug: 'begin_step == end_step divides 0 by 0 at that step: the sparsity is NaN',
  };
}

/** Our config has tfmot's parameters, and makes the same schedule again. */
function configRow(example: ValueCase, theirs: Answer['values'][number]): Row {
  const schedule = ourSchedule(example);
  const { kind, ...parameters } = JSON.parse(JSON.stringify(schedule.getConfig?.())) as { kind: string };
  const again = scheduleFromConfig({ kind, ...parameters });
  const sameParameters = isSame(parameters, ourOptions(theirs.config.config));
  const steps = Array.from({ length: example.steps }, (_, step) => step);
  const sameDecisions = steps.every((step) => isSame(again.at(step), schedule.at(step)));
  return {
    suite: 'schedules',
    name: `config of ${nameOf(example)}`,
    passed: sameParameters && sameDecisions && theirs.reloadFailure !== null,
    detail: `same parameters: ${sameParameters}, same schedule from the config: ${sameDecisions}; tfmot's from_config: ${theirs.reloadFailure}`,
    tfmotBug: 'from_config(get_config()) fails: one nests what the other takes flat (#456)',
  };
}

const isSame = (a: object, b: object): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

function ourRefusal(example: ScheduleCase): string | null {
  try {
    ourSchedule(example);
    return null;
  } catch (error) {
    if (ScheduleError.isInstance(error)) return error.message;
    throw error;
  }
}

function refusalRow(example: ScheduleCase, { refused: theirs }: Refusal): Row {
  const ours = ourRefusal(example);
  return {
    suite: 'schedules',
    name: `${theirs === null ? 'accepts' : 'refuses'} ${nameOf(example)}`,
    passed: (ours === null) === (theirs === null),
    detail: `tfmot: ${theirs ?? 'accepted'}; ours: ${ours ?? 'accepted'}`,
  };
}

function uncheckedRow(example: (typeof uncheckedCases)[number], { refused: theirs, use }: Refusal): Row {
  const ours = ourRefusal(example);
  return {
    suite: 'schedules',
    name: `refuses ${nameOf(example)}`,
    passed: theirs === null && ours !== null,
    detail: `tfmot: ${theirs ?? `accepted (${use})`}; ours: ${ours ?? 'accepted'}`,
    tfmotBug: `accepted unchecked: ${example.consequence}`,
  };
}

/** Both schedules at every step, with the same refusals, to and from a config. */
export async function schedulesSuite(python: string): Promise<Row[]> {
  const values = [...valueCases, ...zeroLengthCases];
  const refusals = [...refusalCases, ...uncheckedCases];
  const { json: answer } = await askPeer<Answer>(python, 'schedules.py', { values, refusals });
  const pairs = <T, U>(examples: readonly T[], answers: readonly U[], row: (example: T, answer: U) => Row) =>
    examples.map((example, i) => row(example, answers[i] as U));
  return [
    ...pairs(valueCases, answer.values, valueRow),
    ...pairs(zeroLengthCases, answer.values.slice(valueCases.length), zeroLengthRow),
    ...pairs(valueCases, answer.values, configRow),
    ...pairs(refusalCases, answer.refusals, refusalRow),
    ...pairs(uncheckedCases, answer.refusals.slice(refusalCases.length), uncheckedRow),
  ];
}
