import type { Container } from '@secateur/layers';
import { markdownTable } from 'markdown-table';
import type { LayerTrace } from './layer-trace.js';
import { type GivenPlan, noRemoval, removalOf, type StructureSize, sizeWithout } from './plan.js';
import { type Removal, type Structure, structureOf } from './structure.js';

/** One layer of an explained model. */
export interface ExplainedLayer {
  /** The layer's path. */
  readonly layer: string;
  /** The name of its class. */
  readonly className: string;
  /** Its neurons, filters or other units; null for a layer that makes no channels. */
  readonly units: number | null;
  /** The name of the group that its units belong to. */
  readonly group: string | null;
  /** How many of its units can be removed. */
  readonly prunable: number;
  /** What keeps the others, in words; empty when all can go. */
  readonly reasons: readonly string[];
  /** The layer's own parameters. */
  readonly parameters: number;
  /** What the whole model saves with one unit of the layer, and what is bound to it, removed. */
  readonly savedPerUnit: StructureSize | null;
  /** How many units a plan removes. */
  readonly removed: number;
}

/** What can be removed from a model, layer by layer. As a string it is a table. */
export interface Explanation {
  /** Every layer, in the order in which data reaches them. */
  readonly layers: readonly ExplainedLayer[];
  /** The model's size now. */
  readonly before: StructureSize;
  /** The model's size once the plan is carried out. */
  readonly after: StructureSize;
  /** The table, in Markdown. */
  toString(): string;
}

/** Options of {@link explain}. */
export interface ExplainOptions {
  /** What is going to be removed. Default: nothing. */
  readonly plan?: GivenPlan;
  /** Whether features of the model's inputs can go too. Default false. */
  readonly inputs?: boolean;
}

/**
 * Tells of every layer how many units it has, with which others they go together, which of them can be removed or why not,
 * and what that would save: before anything is changed.
 *
 * @throws StructureError when the plan doesn't fit the model.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { explain } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 8, inputShape: [4], name: 'hidden' }), layers.dense({ units: 2, name: 'logits' })],
 * });
 * console.log(String(explain(model)));
 * ```
 */
export function explain(model: Container, { plan, inputs = false }: ExplainOptions = {}): Explanation {
  const structure = structureOf(model, { inputs });
  const removed = plan === undefined ? noRemoval(structure) : removalOf(structure, plan);
  const before = sizeWithout(structure, noRemoval(structure));
  const layers = [...structure.trace.layers.values()].map((trace) =>
    explained(trace, structure, removed, before),
  );
  const after = sizeWithout(structure, removed);
  return { layers, before, after, toString: () => tableOf(layers, before, after) };
}

function explained(
  trace: LayerTrace,
  structure: Structure,
  removed: Removal,
  before: StructureSize,
): ExplainedLayer {
  const { path, layer, channels, variables } = trace;
  const numbers = Array.from(channels.units ?? [], structure.channelOf);
  const group = structure.groups.find((one) => numbers.some((number) => one.numbers.includes(number)));
  const free = numbers.filter((number) => structure.barriers[number]?.length === 0);
  const barriers = new Set(numbers.flatMap((number) => structure.barriers[number] ?? []));
  return {
    layer: path,
    className: layer.getClassName(),
    units: channels.units === undefined ? null : numbers.length,
    group: group?.name ?? null,
    prunable: free.length,
    reasons: [...barriers].map(({ layer: at, message }) => (at === path ? message : `${at}: ${message}`)),
    parameters: variables.reduce(
      (sum, { variable }) => sum + variable.shape.reduce<number>((product, size) => product * (size ?? 1), 1),
      0,
    ),
    savedPerUnit: savedWithout(free[0], structure, before),
    removed: numbers.filter((number) => removed[number] === 1).length,
  };
}

function savedWithout(
  channel: number | undefined,
  structure: Structure,
  before: StructureSize,
): StructureSize | null {
  if (channel === undefined) return null;
  const without = noRemoval(structure);
  without[channel] = 1;
  const after = sizeWithout(structure, without);
  return { parameters: before.parameters - after.parameters, macs: before.macs - after.macs };
}

function tableOf(layers: readonly ExplainedLayer[], before: StructureSize, after: StructureSize): string {
  const rows = layers.map(
    ({ layer, className, units, group, prunable, reasons, parameters, savedPerUnit, removed }) => [
      layer,
      className,
      units ?? '',
      group ?? '',
      units === null ? '' : prunable,
      parameters || '',
      savedPerUnit?.parameters ?? '',
      savedPerUnit?.macs ?? '',
      removed || '',
      reasons.join('; '),
    ],
  );
  const head = [
    'layer',
    'class',
    'units',
    'group',
    'prunable',
    'parameters',
    'saved per unit',
    'MACs',
    'removed',
    'kept by',
  ];
  const table = markdownTable([head, ...rows.map((row) => row.map(String))], { align: head.map(alignment) });
  const change = (measure: keyof StructureSize) => `${before[measure]} -> ${after[measure]}`;
  return `${table}\n\nparameters ${change('parameters')}, MACs ${change('macs')}`;
}

function alignment(column: string): string {
  return ['layer', 'class', 'group', 'kept by'].includes(column) ? 'l' : 'r';
}
