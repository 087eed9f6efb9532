import type { DataType, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';

/** What we read of a `GraphModel` of `@tensorflow/tfjs-converter`. Its graph is read from its executor. */
export interface GraphModelLike {
  readonly inputs: readonly GraphInputLike[];
  /** The names of inputs and outputs in the signature, or of their nodes. */
  readonly inputNodes: readonly string[];
  readonly outputNodes: readonly string[];
  readonly weights: { readonly [name: string]: readonly Tensor[] };
  readonly modelSignature: object;
  readonly modelStructuredOutputKeys: object;
  execute(inputs: NamedTensorMap, outputs: string[]): Tensor | Tensor[];
  executeAsync(inputs: NamedTensorMap, outputs: string[]): Promise<Tensor | Tensor[]>;
}

/** What a graph model is given. */
interface GraphInputLike {
  readonly name: string;
  readonly shape?: readonly number[];
  readonly dtype: DataType;
}

/** A node of a graph, as the converter has parsed it. */
export interface GraphNodeLike {
  readonly name: string;
  readonly op: string;
  /** `custom` for users' own. */
  readonly category?: string;
  /** `node` or `node:output` for each input; control inputs come last. */
  readonly inputNames: readonly string[];
  readonly attrParams: { readonly [name: string]: { readonly value?: unknown } };
  readonly rawAttrs?: { readonly [name: string]: { readonly type?: unknown } };
}

/** The nodes of a graph model by name; undefined where this version of the converter hides them. */
export function graphNodes(model: GraphModelLike): ReadonlyMap<string, GraphNodeLike> | undefined {
  const executor: unknown = Reflect.get(model, 'executor');
  const graph = isObject(executor) ? Reflect.get(executor, 'graph') : undefined;
  const nodes: unknown = isObject(graph) ? Reflect.get(graph, 'nodes') : undefined;
  if (!isObject(nodes)) return undefined;
  return new Map(Object.entries(nodes as Record<string, GraphNodeLike>));
}

/** A signature's tensor names by key. */
export function signatureNames(
  model: GraphModelLike,
  side: 'inputs' | 'outputs',
): ReadonlyMap<string, string> {
  const signature: unknown = model.modelSignature;
  const entries = isObject(signature) ? Reflect.get(signature, side) : undefined;
  if (!isObject(entries)) return new Map();
  return new Map(
    Object.entries(entries as Record<string, { name: string }>).map(([key, { name }]) => [key, name]),
  );
}

/** An output of a node. */
export interface OutputName {
  readonly node: string;
  readonly index: number;
}

/** Parses `node`, `node:1` and `node:name:1`. */
export function parseOutput(name: string): OutputName {
  const [node = '', ...rest] = name.split(':');
  return { node, index: Number(rest.at(-1) ?? 0) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
