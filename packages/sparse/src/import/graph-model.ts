import type { ValueId } from '../graph/graph.js';
import { SparseError } from '../sparse-error.js';
import { foreignNode, isAsync, isUncuttable, runner } from './foreign-graph.js';
import { groupForeign } from './foreign-groups.js';
import { CutError, GraphImporter } from './graph-importer.js';
import {
  type GraphModelLike,
  type GraphNodeLike,
  graphNodes,
  parseOutput,
  signatureNames,
} from './graph-model-like.js';
import type { ForeignNode, ImportedInput, ImportedModel } from './imported-model.js';

export type { GraphModelLike } from './graph-model-like.js';

/**
 * Turns a graph model into operations, as far as we have them, and steps of tfjs. Weights are copied.
 *
 * @throws SparseError when an input's shape isn't known.
 */
export async function importGraphModel(model: GraphModelLike): Promise<ImportedModel> {
  const nodes = graphNodes(model);
  const inputs = inputsOf(model);
  if (nodes === undefined)
    return wholeGraph(model, inputs, 'this version of the converter hides its graph', []);
  const all = [...nodes.values()];
  if (inputs.length !== model.inputs.length) return wholeGraph(model, inputs, 'it has resources', all);
  if (all.some(isUncuttable)) return wholeGraph(model, inputs, 'it has control flow or tables', all);
  try {
    return await cutGraph(model, nodes, inputs);
  } catch (error) {
    if (!(error instanceof CutError)) throw error;
    return wholeGraph(model, inputs, error.message, all);
  }
}

async function cutGraph(
  model: GraphModelLike,
  nodes: ReadonlyMap<string, GraphNodeLike>,
  inputs: readonly ImportedInput[],
): Promise<ImportedModel> {
  const importer = new GraphImporter(model, nodes, inputs);
  const names = signatureNames(model, 'outputs');
  const outputs: ValueId[] = [];
  for (const key of model.outputNodes) outputs.push(await importer.value(parseOutput(names.get(key) ?? key)));
  const steps = groupForeign(importer.items, outputs);
  for (const step of steps) if (step.kind === 'group') assertCanBeFed(step.feeds, nodes);
  return {
    nodes: steps.map((step) => (step.kind === 'group' ? foreignNode(model, step) : step)),
    ...{ inputs, outputs, outputNames: model.outputNodes },
    ...outputKeysOf(model),
    layers: importer.layers,
  };
}

/** tfjs takes one output of each node as given, of the type that the node works on. */
function assertCanBeFed(
  feeds: ReadonlyMap<string, ValueId>,
  nodes: ReadonlyMap<string, GraphNodeLike>,
): void {
  const names = [...feeds.keys()].map((name) => parseOutput(name).node);
  if (new Set(names).size < names.length) throw new CutError('several outputs of one node cross to tfjs');
  const categories = names.map((name) => nodes.get(name)?.category);
  if (categories.some((category) => category === 'logical' || category === 'evaluation')) {
    throw new CutError('values of other types cross to tfjs');
  }
}

function wholeGraph(
  model: GraphModelLike,
  inputs: readonly ImportedInput[],
  reason: string,
  nodes: readonly GraphNodeLike[],
): ImportedModel {
  const isAwaited = nodes.some((node) => isAsync(node) || isUncuttable(node));
  const layers = nodes.filter(({ op }) => op !== 'Const');
  const node: ForeignNode = {
    kind: 'foreign',
    name: 'model',
    layers: layers.map(({ name }) => name),
    inputs: inputs.map(({ id }) => id),
    outputs: model.outputNodes.map((_, index) => inputs.length + index),
    reason,
    ...runner(
      model,
      inputs.map(({ name }) => name),
      model.outputNodes,
      isAwaited,
    ),
  };
  return {
    nodes: [node],
    ...{ inputs, outputs: node.outputs, outputNames: model.outputNodes },
    ...outputKeysOf(model),
    layers: layers.map(({ name, op }) => ({ name, className: op, fate: { kind: 'tfjs', reason } })),
  };
}

/** The inputs under their names in the signature; resources are no inputs. */
function inputsOf(model: GraphModelLike): ImportedInput[] {
  const inputs: ImportedInput[] = [];
  model.inputs.forEach(({ name: node, shape, dtype }, index) => {
    const name = model.inputNodes[index] ?? node;
    if (isResource(model, name)) return;
    if (shape === undefined) {
      throw new SparseError(`the graph model doesn't tell the shape of its input '${name}'`, {
        option: 'model',
        value: name,
      });
    }
    const open = shape.map((size) => (size < 0 ? null : size));
    const aliases = [node, `${node}:0`].filter((alias) => alias !== name);
    inputs.push({ id: inputs.length, name, aliases, shape: open, dtype });
  });
  return inputs;
}

function isResource({ modelSignature }: GraphModelLike, name: string): boolean {
  const { inputs } = (modelSignature ?? {}) as {
    readonly inputs?: Record<string, { readonly resourceId?: unknown }>;
  };
  return inputs?.[name]?.resourceId !== undefined && inputs[name].resourceId !== null;
}

/** The keys of a model that predicts an object. */
function outputKeysOf({ modelStructuredOutputKeys: keys }: GraphModelLike): {
  outputKeys?: readonly string[];
} {
  return Array.isArray(keys) ? { outputKeys: keys as string[] } : {};
}
