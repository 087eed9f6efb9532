import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import { io } from '@tensorflow/tfjs-core';

/** An attribute of a node, by type. */
export type Attribute =
  | { readonly ints: readonly number[] }
  | { readonly int: number }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  | { readonly type: string }
  | { readonly shape: readonly number[] };

/** A node of a graph. */
export interface GraphNodeSpec {
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** A constant of a graph. */
export interface ConstantSpec {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly dtype?: 'float32' | 'int32';
}

/** A graph as the converter writes it. */
export interface GraphSpec {
  /** Shapes of float32 placeholders, or nodes of one's own. */
  readonly placeholders: Readonly<Record<string, readonly number[]>>;
  readonly constants?: Readonly<Record<string, ConstantSpec>>;
  readonly nodes: Readonly<Record<string, GraphNodeSpec>>;
  /** Keys and the tensors they stand for. Without them, what nothing reads is given. */
  readonly signature?: {
    readonly inputs: Readonly<Record<string, string>>;
    readonly outputs: Readonly<Record<string, string>>;
  };
  readonly outputKeys?: readonly string[];
  /** Whether nodes tell the type of their tensors. Default true. */
  readonly isTyped?: boolean;
}

/** Loads a graph with tfjs. */
export function loadGraph(spec: GraphSpec): Promise<GraphModel> {
  const { placeholders, constants = {}, nodes, signature, outputKeys, isTyped = true } = spec;
  const float = { type: 'DT_FLOAT' };
  const node = [
    ...Object.entries(placeholders).map(([name, shape]) => ({
      ...{ name, op: 'Placeholder' },
      attr: encoded({ dtype: float, shape: { shape } }),
    })),
    ...Object.entries(constants).map(([name, { dtype }]) => ({
      ...{ name, op: 'Const' },
      attr: encoded({ dtype: { type: dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT' } }),
    })),
    ...Object.entries(nodes).map(([name, { op, inputs = [], attributes = {} }]) => ({
      ...{ name, op, input: inputs },
      attr: encoded({ ...(isTyped && { T: float }), ...attributes }),
    })),
  ];
  const entries = (names: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(names).map(([key, name]) => [key, { name }]));
  return loadGraphModel(
    io.fromMemory({
      modelTopology: { node, versions: { producer: 1, minConsumer: 1 }, library: {} },
      weightSpecs: Object.entries(constants).map(([name, { shape, dtype = 'float32' }]) => ({
        ...{ name, dtype },
        shape: [...shape],
      })),
      weightData: bytesOf(Object.values(constants)),
      ...(signature && {
        signature: { inputs: entries(signature.inputs), outputs: entries(signature.outputs) },
      }),
      ...(outputKeys && { userDefinedMetadata: { structuredOutputKeys: outputKeys } }),
    }),
  );
}

function bytesOf(constants: readonly ConstantSpec[]): ArrayBuffer {
  const parts = constants.map(({ values, dtype }) =>
    dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values),
  );
  return new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part.buffer)))).buffer;
}

function encoded(attributes: Readonly<Record<string, Attribute>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, encode(attribute)]));
}

function encode(attribute: Attribute): unknown {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  if ('ints' in attribute) return { list: { i: attribute.ints.map(String) } };
  if ('int' in attribute) return { i: String(attribute.int) };
  if ('float' in attribute) return { f: attribute.float };
  if ('bool' in attribute) return { b: attribute.bool };
  if ('text' in attribute) return { s: base64(attribute.text) };
  if ('texts' in attribute) return { list: { s: attribute.texts.map(base64) } };
  if ('type' in attribute) return { type: attribute.type };
  return { shape: { dim: attribute.shape.map((size) => ({ size: String(size) })) } };
}
