import type { ValueId } from '../graph/graph.js';
import type { Operation } from '../graph/operation.js';
import {
  type ImportedModel,
  type ImportedNode,
  type NativeNode,
  outputsOf,
  type SourceLayer,
} from '../import/imported-model.js';

/** Nodes of a model that is being changed: who makes a value, and who reads it. */
export class ModelEdit {
  readonly #model: ImportedModel;
  /** By output. Nodes with other operations take the place of theirs. */
  readonly #makers = new Map<ValueId, ImportedNode>();
  readonly #readers = new Map<ValueId, number>();
  readonly #removed = new Set<ImportedNode>();
  readonly #replaced = new Map<ImportedNode, NativeNode>();
  readonly #aliases = new Map<ValueId, ValueId>();
  readonly #foldedInto = new Map<string, string>();

  constructor(model: ImportedModel) {
    this.#model = model;
    for (const node of model.nodes) {
      for (const id of outputsOf(node)) this.#makers.set(id, node);
      for (const id of node.inputs) this.#addReaders(id, 1);
    }
    for (const id of model.outputs) this.#addReaders(id, 1);
  }

  /** The native nodes, in order, as they were before. */
  get natives(): readonly NativeNode[] {
    return this.#model.nodes.filter((node): node is NativeNode => node.kind === 'native');
  }

  /** A node as it is now. */
  current(node: NativeNode): NativeNode {
    const now = this.#replaced.get(node) ?? node;
    return { ...now, inputs: now.inputs.map((id) => this.resolve(id)) };
  }

  /** The value that a value has become. */
  resolve(id: ValueId): ValueId {
    const alias = this.#aliases.get(id);
    return alias === undefined ? id : this.resolve(alias);
  }

  /** The native node that makes a value. */
  maker(id: ValueId): NativeNode | undefined {
    const node = this.#makers.get(this.resolve(id));
    return node?.kind === 'native' ? node : undefined;
  }

  /** Whether nothing but one input of one node is a certain value: it may change. */
  hasOneReader(id: ValueId): boolean {
    return this.#readers.get(this.resolve(id)) === 1;
  }

  /** Gives a node another operation, and inputs. */
  replace(
    node: NativeNode,
    operation: Operation,
    inputs: readonly ValueId[] = this.current(node).inputs,
  ): void {
    for (const id of this.current(node).inputs) this.#addReaders(id, -1);
    for (const id of inputs) this.#addReaders(id, 1);
    this.#replaced.set(node, { ...node, operation, inputs });
  }

  /** Takes a node out: its input stands for its output. Its layer is part of another's, if that is given. */
  remove(node: NativeNode, into?: string): void {
    const [input] = this.current(node).inputs;
    if (input === undefined) return;
    const readers = this.#readers.get(node.output) ?? 0;
    this.#addReaders(input, readers - 1);
    this.#aliases.set(node.output, input);
    this.#removed.add(node);
    if (into !== undefined) this.fold(node.layer, into);
  }

  /** Notes that a layer is part of another now, if none of its nodes stays. */
  fold(layer: string, into: string): void {
    this.#foldedInto.set(layer, into);
  }

  /** The model with all changes, without nodes that nothing reads. */
  finish(): ImportedModel {
    const outputs = this.#model.outputs.map((id) => this.resolve(id));
    const needed = new Set(outputs);
    const nodes: ImportedNode[] = [];
    for (const node of [...this.#model.nodes].reverse()) {
      if (this.#removed.has(node) || !outputsOf(node).some((id) => needed.has(id))) continue;
      const inputs = (this.#replaced.get(node) ?? node).inputs.map((id) => this.resolve(id));
      for (const id of inputs) needed.add(id);
      nodes.push({ ...(this.#replaced.get(node) ?? node), inputs });
    }
    nodes.reverse();
    return { ...this.#model, nodes, outputs, layers: this.#layers(nodes) };
  }

  #layers(nodes: readonly ImportedNode[]): SourceLayer[] {
    const present = new Set(nodes.flatMap((node) => (node.kind === 'native' ? [node.layer] : node.layers)));
    return this.#model.layers.map((layer) => {
      if (layer.fate.kind !== 'native' || present.has(layer.name)) return layer;
      const into = this.#foldedInto.get(layer.name);
      return { ...layer, fate: into === undefined ? { kind: 'none' } : { kind: 'folded', into } };
    });
  }

  #addReaders(id: ValueId, count: number): void {
    this.#readers.set(id, (this.#readers.get(id) ?? 0) + count);
  }
}
