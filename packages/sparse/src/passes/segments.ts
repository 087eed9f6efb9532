import type { Graph, ValueId } from '../graph/graph.js';
import {
  type ForeignNode,
  type ImportedModel,
  type ImportedNode,
  type NativeNode,
  outputsOf,
} from '../import/imported-model.js';

/** A part of a model that runs in one go: one graph of our kernels, or steps of tfjs. */
export type Stage = NativeStage | ForeignStage;

/** What stages have in common. */
interface StageValues {
  /** The values that it reads. */
  readonly inputs: readonly ValueId[];
  /** The values of it that later stages read or the model gives. */
  readonly outputs: readonly ValueId[];
  /** Values that nothing reads after it, and that are neither inputs nor outputs of the model. */
  readonly last: readonly ValueId[];
}

/** A stage that our kernels compute. */
interface NativeStage extends StageValues {
  readonly kind: 'native';
  readonly graph: Graph;
}

/** A stage that tfjs computes. */
interface ForeignStage extends StageValues {
  readonly kind: 'foreign';
  readonly nodes: readonly ForeignNode[];
}

/**
 * Cuts a model into as few stages as can be, kernels of ours and steps of tfjs in turn. A node is in the first stage of
 * its kind in which all that it reads is there: s(node) = max s(input), one more where the kind changes.
 */
export function segment({ nodes, inputs, outputs }: ImportedModel): Stage[] {
  // Even stages are ours, odd ones are those of tfjs.
  const stageOf = new Map<ValueId, number>(inputs.map(({ id }) => [id, 0]));
  const stages: ImportedNode[][] = [];
  for (const node of nodes) {
    const parity = node.kind === 'native' ? 0 : 1;
    const ready = Math.max(0, ...node.inputs.map((id) => stageOf.get(id) ?? 0));
    const stage = ready % 2 === parity ? ready : ready + 1;
    for (const id of outputsOf(node)) stageOf.set(id, stage);
    while (stages.length <= stage) stages.push([]);
    stages[stage]?.push(node);
  }
  const kept = stages.filter((stage) => stage.length > 0);
  const lastReader = new Map<ValueId, number>();
  kept.forEach((stage, index) => {
    for (const node of stage) {
      for (const id of [...outputsOf(node), ...node.inputs]) lastReader.set(id, index);
    }
  });
  for (const { id } of inputs) lastReader.delete(id);
  for (const id of outputs) lastReader.delete(id);
  return kept.map((stage, index) => {
    const values = valuesOf(stage, (id) => outputs.includes(id) || (lastReader.get(id) ?? index) > index);
    const last = [...lastReader].filter(([id, at]) => at === index && isSeen(id, values)).map(([id]) => id);
    return makeStage(stage, { ...values, last });
  });
}

function isSeen(id: ValueId, { inputs, outputs }: Omit<StageValues, 'last'>): boolean {
  return inputs.includes(id) || outputs.includes(id);
}

function valuesOf(
  stage: readonly ImportedNode[],
  isNeeded: (id: ValueId) => boolean,
): Omit<StageValues, 'last'> {
  const made = new Set(stage.flatMap(outputsOf));
  return {
    inputs: [...new Set(stage.flatMap((node) => node.inputs))].filter((id) => !made.has(id)),
    outputs: [...made].filter(isNeeded),
  };
}

function makeStage(stage: readonly ImportedNode[], values: StageValues): Stage {
  const native = stage.filter((node): node is NativeNode => node.kind === 'native');
  if (native.length === 0) {
    return { kind: 'foreign', nodes: stage.filter((node) => node.kind === 'foreign'), ...values };
  }
  const { inputs, outputs } = values;
  return { kind: 'native', graph: { nodes: native, inputs, outputs }, ...values };
}
