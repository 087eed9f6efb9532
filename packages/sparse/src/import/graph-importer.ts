import type { Tensor } from '@tensorflow/tfjs-core';
import type { ValueId } from '../graph/graph.js';
import type { Operation } from '../graph/operation.js';
import { Weights } from '../graph/weights.js';
import type { ForeignOp } from './foreign-groups.js';
import { type GraphModelLike, type GraphNodeLike, type OutputName, parseOutput } from './graph-model-like.js';
import { graphRules } from './graph-rules/graph-rules.js';
import type { GraphScope } from './graph-scope.js';
import type { ImportedInput, LayerFate, NativeNode, OpenShape, SourceLayer } from './imported-model.js';
import { type Refusal, refuse } from './layer-scope.js';
import { openShapeOf } from './open-shape.js';

/** A graph that can't be cut into parts. */
export class CutError extends Error {}

/** A value of another type than float32 came up in a rule. */
class TypeRefusal extends Error {}

const identities: ReadonlySet<string> = new Set(['Identity', 'StopGradient', 'Snapshot']);

/** Ops of tfjs that keep the shape of their first input. */
const shapeKeepers: ReadonlySet<string> = new Set([
  ...[
    'Abs',
    'Neg',
    'Square',
    'Sqrt',
    'Rsqrt',
    'Exp',
    'Log',
    'Log1p',
    'Expm1',
    'Erf',
    'Round',
    'Floor',
    'Ceil',
    'Cast',
  ],
  ...['Sin', 'Cos', 'Selu', 'Softplus', 'LogSoftmax', 'ClipByValue', 'Sign', 'Reciprocal', 'LRN', 'Prelu'],
]);

/** Follows values of a graph back to its inputs. */
export class GraphImporter {
  readonly items: (NativeNode | ForeignOp)[] = [];
  readonly #model: GraphModelLike;
  readonly #nodes: ReadonlyMap<string, GraphNodeLike>;
  /** What nodes have become: a value of ours, or a step of tfjs. */
  readonly #done = new Map<string, ValueId | ForeignOp>();
  readonly #underWay = new Set<string>();
  readonly #layers = new Map<string, SourceLayer>();
  readonly #shapes = new Map<ValueId, OpenShape>();
  /** Values that are float32 for sure. */
  readonly #floats = new Set<ValueId>();
  readonly #data = new Map<Tensor, Promise<Float32Array>>();
  readonly #filters = new Map<string, Weights>();
  #count = 0;

  constructor(
    model: GraphModelLike,
    nodes: ReadonlyMap<string, GraphNodeLike>,
    inputs: readonly ImportedInput[],
  ) {
    this.#model = model;
    this.#nodes = nodes;
    inputs.forEach(({ id, shape, dtype }, index) => {
      const name = model.inputs[index]?.name ?? '';
      this.#done.set(name, id);
      this.#shapes.set(id, shape);
      if (dtype === 'float32') this.#floats.add(id);
      this.#count = Math.max(this.#count, id + 1);
      this.#record(nodes.get(name), { kind: 'none' });
    });
  }

  /** What became of the nodes, constants aside. */
  get layers(): readonly SourceLayer[] {
    return [...this.#layers.values()];
  }

  /** The value of an output of a node. */
  async value({ node: name, index }: OutputName): Promise<ValueId> {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new CutError(`it has no node '${name}'`);
    const done = this.#done.get(name) ?? (await this.#add(node, index));
    if (typeof done === 'number') {
      if (index === 0) return done;
      throw new CutError(`output ${index} of '${name}' is read`);
    }
    const fetch = `${name}:${index}`;
    const id = done.fetches.get(fetch) ?? this.#count++;
    done.fetches.set(fetch, id);
    return id;
  }

  async #add(node: GraphNodeLike, index: number): Promise<ValueId | ForeignOp> {
    const { name } = node;
    if (this.#underWay.has(name)) throw new CutError('it has loops');
    this.#underWay.add(name);
    const before = this.items.length;
    const result = index === 0 ? await this.#addNative(node) : refuse('several of its outputs are read');
    const done = typeof result === 'number' ? result : await this.#addForeign(node, result.reason);
    const isNative = this.items.slice(before).some((item) => item.kind === 'native' && item.layer === name);
    const { reason } = typeof result === 'number' ? { reason: '' } : result;
    this.#record(node, reason === '' ? { kind: isNative ? 'native' : 'none' } : { kind: 'tfjs', reason });
    this.#underWay.delete(name);
    this.#done.set(name, done);
    return done;
  }

  async #addNative(node: GraphNodeLike): Promise<ValueId | Refusal> {
    const rule = graphRules.get(node.op);
    if (rule === undefined) return refuse(`we have no kernel for ${node.op}`);
    if (node.category === 'custom') return refuse(`${node.op} is an op of the user's own`);
    const type = typeOf(node);
    if (type === 'other') return refuse('its input is not float32');
    try {
      return await rule(this.#scope(node, type === undefined));
    } catch (error) {
      if (error instanceof TypeRefusal) return refuse(error.message);
      throw error;
    }
  }

  async #addForeign(node: GraphNodeLike, reason: string): Promise<ForeignOp> {
    const feeds = new Map<string, ValueId>();
    for (const name of node.op === 'Const' ? [] : node.inputNames) {
      const from = parseOutput(name);
      const source = this.#nodes.get(from.node);
      if (source?.op === 'Const' || source?.op === 'NoOp') continue;
      feeds.set(`${from.node}:${from.index}`, await this.value(from));
    }
    const output = this.#count++;
    const op: ForeignOp = { kind: 'op', node, reason, feeds, fetches: new Map([[`${node.name}:0`, output]]) };
    const [first = -1] = feeds.values();
    const shape = this.#shapes.get(first);
    if (shapeKeepers.has(node.op) && shape !== undefined) this.#shapes.set(output, shape);
    this.items.push(op);
    return op;
  }

  #scope(node: GraphNodeLike, mustCheck: boolean): GraphScope {
    const from = (input: number): OutputName => parseOutput(node.inputNames[input] ?? '');
    return {
      node,
      attribute: (name) => node.attrParams[name]?.value,
      constant: (input) => this.#constant(from(input)),
      read: (constant) => this.#read(constant),
      filter: (constant, isTransposed = false) => this.#filter(constant, isTransposed),
      value: async (input) => {
        const id = await this.value(from(input));
        if (mustCheck && !this.#floats.has(id)) throw new TypeRefusal('its input may not be float32');
        return id;
      },
      source: (input) => {
        const source = this.#passIdentities(from(input));
        return source && this.#scope(source, mustCheck);
      },
      shape: (id) => this.#shapes.get(id),
      assume: (id, shape) => {
        if (!this.#shapes.has(id)) this.#shapes.set(id, shape);
      },
      emit: (operation, inputs) => this.#emit(node, operation, inputs),
    };
  }

  #emit({ name }: GraphNodeLike, operation: Operation, inputs: readonly ValueId[]): ValueId {
    const output = this.#count++;
    this.items.push({ kind: 'native', name, layer: name, operation, inputs, output });
    this.#floats.add(output);
    const shape = openShapeOf(
      operation,
      inputs.map((id) => this.#shapes.get(id)),
    );
    if (shape !== undefined) this.#shapes.set(output, shape);
    return output;
  }

  /** The node of a value, identities passed. */
  #passIdentities({ node: name, index }: OutputName): GraphNodeLike | undefined {
    const node = this.#nodes.get(name);
    if (node === undefined || index !== 0 || !identities.has(node.op)) return node;
    return this.#passIdentities(parseOutput(node.inputNames[0] ?? ''));
  }

  #constant(output: OutputName): Tensor | undefined {
    const node = this.#passIdentities(output);
    return node?.op === 'Const' ? this.#model.weights[node.name]?.[0] : undefined;
  }

  #read(constant: Tensor): Promise<Float32Array> {
    const known = this.#data.get(constant);
    if (known !== undefined) return known;
    const data = constant.data().then((values) => Float32Array.from(values));
    this.#data.set(constant, data);
    return data;
  }

  async #filter(constant: Tensor, isTransposed: boolean): Promise<Weights> {
    const key = `${constant.id}${isTransposed ? ' transposed' : ''}`;
    const known = this.#filters.get(key);
    if (known !== undefined) return known;
    const data = await this.#read(constant);
    const [height = 1, width = 1, rows = 1, columns = 1] = [1, 1, ...constant.shape].slice(-4);
    const weights = isTransposed
      ? new Weights(transposed(data, rows, columns), [height, width, columns, rows])
      : new Weights(data, [height, width, rows, columns]);
    this.#filters.set(key, weights);
    return weights;
  }

  #record(node: GraphNodeLike | undefined, fate: LayerFate): void {
    if (node !== undefined && node.op !== 'Const') {
      this.#layers.set(node.name, { name: node.name, className: node.op, fate });
    }
  }
}

/** The type of a node's tensors, if it has an attribute for that. */
function typeOf({ rawAttrs, attrParams }: GraphNodeLike): 'float' | 'other' | undefined {
  const raw = rawAttrs?.T?.type;
  if (raw !== undefined) return raw === 1 || raw === 'DT_FLOAT' ? 'float' : 'other';
  const parsed = attrParams.dtype?.value;
  if (parsed === undefined || parsed === null) return undefined;
  return parsed === 'float32' ? 'float' : 'other';
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, index) => values[(index % rows) * columns + Math.floor(index / rows)] ?? 0);
}
